// The consumer check in one process: a proxy, a record of what passes, and a report at the end.
import { relative } from 'node:path';
import type { Contract } from '../contract/contract.ts';
import type { Level } from '../contract/level.ts';
import { secretHeaders } from '../evidence/seen-secrets.ts';
import type { Report } from '../report/model.ts';
import { Observations } from './findings/observations.ts';
import { Conversation } from './traffic/conversation.ts';
import { startProxy } from './traffic/proxy.ts';
import type { Upstream } from './traffic/tunnel.ts';
import { createTranscriber } from './transcript.ts';

export interface ConsumerCheckParts {
  readonly contract: Contract;
  /** Highest level at which violations count. */
  readonly level: Level;
  readonly upstream: Upstream;
  readonly host: string;
  readonly port: number;
  readonly untilIdleSeconds: number | undefined;
  /** Called when no byte has passed for `seconds`, after at least one has. */
  readonly onIdle: () => void;
  /** Called the first time that a trouble occurs. */
  readonly onTrouble: (what: string) => void;
}

export interface ConsumerCheck {
  /** The URL that the consumer must send its requests to, with the provider's base path. */
  readonly url: string;
  /** Ends the proxy. @param graceMs milliseconds to wait for answers that are still due */
  end(graceMs: number): Promise<Report>;
}

/** @throws NodeJS.ErrnoException if it cannot listen */
export async function startConsumerCheck(parts: ConsumerCheckParts): Promise<ConsumerCheck> {
  const { contract, upstream, level } = parts;
  const startedAt = new Date();
  const observations = new Observations(
    { contract, level, basePath: upstream.basePath },
    createTranscriber(upstream.origin, secretHeaders(contract)),
  );
  const troubles = new Map<string, number>();
  const idle = createIdleTimer(parts);
  const proxy = await startProxy(
    {
      upstream,
      createOnlooker: () => new Conversation((recorded) => observations.add(recorded)),
      reportActivity: idle.restart,
      reportTrouble: (what) => {
        if (!troubles.has(what)) parts.onTrouble(what);
        troubles.set(what, (troubles.get(what) ?? 0) + 1);
      },
    },
    parts,
  );
  return {
    url: `${proxy.url}${upstream.basePath}`,
    end: async (graceMs) => {
      idle.stop();
      await proxy.close(graceMs);
      return {
        kind: 'consumer',
        level,
        target: `${upstream.origin}${upstream.basePath}`,
        contract: { title: contract.title, version: contract.version, file: relative('', contract.file) },
        startedAt,
        seconds: (Date.now() - startedAt.getTime()) / 1_000,
        requests: observations.requests,
        findings: observations.findings(),
        notes: [
          ...observations.notes(),
          ...[...troubles].map(([what, times]) => `${what} (${times === 1 ? 'once' : `${times} times`})`),
        ],
      };
    },
  };
}

function createIdleTimer({ untilIdleSeconds, onIdle }: ConsumerCheckParts) {
  let timer: NodeJS.Timeout | undefined;
  const restart = () => {
    if (untilIdleSeconds === undefined) return;
    if (timer === undefined) timer = setTimeout(onIdle, untilIdleSeconds * 1_000);
    else timer.refresh();
  };
  return { restart, stop: () => clearTimeout(timer) };
}
