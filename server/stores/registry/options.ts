// What an operator sets for a registry. server/operator/settings/registry-settings.ts reads it from the environment.

/** How tags are deleted. `auto`: by tag if the registry can, else by a digest that no other tag has. */
export const DELETE_MODES = ['auto', 'tag', 'fallback'] as const;
export type DeleteMode = (typeof DELETE_MODES)[number];

/** A login for Basic authentication (RFC 7617). */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** What neither a user name nor a password may contain (RFC 7617 §2). */
export const CONTROL_CHARACTER = /\p{Cc}/u;

/** Where the registry is, and how the server talks to it. */
export interface RegistrySettings {
  /** The URL before `/v2/`. */
  readonly url: URL;
  readonly credentials: BasicCredentials | undefined;
  /** Path of a Docker or containers `auth.json`; used if there are no `credentials`. */
  readonly authFile: string | undefined;
  /** Certificates of a private authority, in PEM. */
  readonly ca: string | undefined;
  readonly deleteMode: DeleteMode;
}
