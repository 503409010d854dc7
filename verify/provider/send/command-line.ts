// The command line that sends a request of the check again, byte for byte if it is a legal one.
import { curlOf, cutCommand } from '../../evidence/curl.ts';
import type { Mask } from '../../evidence/fixture-secrets.ts';
import { shellExpanded, shellQuoted } from '../../evidence/shell.ts';
import type { Addressee, WrittenRequest } from './request.ts';

const HEAD_END = '\r\n\r\n';
const LEFT_OUT = new Set(['host', 'connection']);

/** @param isRaw whether curl would put right what is wrong with it on purpose */
export function commandLine(request: WrittenRequest, isRaw: boolean, { origin }: Addressee, mask: Mask): string {
  const quote = (text: string) => quoted(text, mask);
  const { body, ...others } = request;
  return isRaw
    ? rawCommandLine(request, origin, quote)
    : curlOf({ ...others, content: body }, { origin, leftOut: LEFT_OUT, quote });
}

/** The shell's printf takes its arguments as they are; a format would change them. */
function rawCommandLine({ bytes }: WrittenRequest, origin: string, quote: (text: string) => string): string {
  const { protocol, hostname, port } = new URL(origin);
  const text = bytes.toString('latin1');
  const end = text.indexOf(HEAD_END);
  const lines = (end === -1 ? text.replace(/\r\n$/, '') : text.slice(0, end)).split('\r\n');
  const content = end === -1 ? '' : text.slice(end + HEAD_END.length);
  const head = [...lines.map(quote), ...(end === -1 ? [] : ["''"])].join(' ');
  const printed = `printf '%s\\r\\n' ${head}`;
  const sent = content === '' ? printed : `{ ${printed}; printf '%s' ${quote(content)}; }`;
  const isTls = protocol === 'https:';
  const to = `${hostname.replace(/^\[|\]$/g, '')}`;
  const client = isTls ? `openssl s_client -quiet -connect ${hostname}:${port || 443}` : `nc ${to} ${port || 80}`;
  return cutCommand(`${sent} | ${client}`);
}

/** The variables that the mask puts in place of secrets. */
const VARIABLES = /\$(?:FORBIDDEN_|SHORTENED_|SWAPPED_)?(?:TOKEN|ACCESS_KEY|SECRET_KEY|SIGNATURE)/g;

function quoted(text: string, mask: Mask): string {
  const masked = mask(text);
  return masked === text ? shellQuoted(text) : shellExpanded(masked, VARIABLES);
}
