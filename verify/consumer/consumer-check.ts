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
  /** Called when nothing has passed for `untilIdleSeconds`; before anything has, for a minute at least. */
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
  idle.start();
  const url = `${proxy.url}${upstream.basePath}`;
  return {
    url,
    end: async (graceMs) => {
      idle.stop();
      await proxy.close(graceMs);
      const seconds = (Date.now() - startedAt.getTime()) / 1_000;
      return {
        kind: 'consumer',
        level,
        target: `${upstream.origin}${upstream.basePath}`,
        contract: { title: contract.title, version: contract.version, file: relative('', contract.file) },
        startedAt,
        seconds,
        requests: observations.requests,
        findings: observations.findings(),
        notes: [
          ...(idle.hasSeen() ? [] : [`No request came to ${url} in ${Math.round(seconds)} s.`]),
          ...observations.notes(),
          ...[...troubles].map(([what, times]) => `${what} (${times === 1 ? 'once' : `${times} times`})`),
        ],
      };
    },
  };
}

/** A consumer may need longer to start than between its requests: before the first one it has this many seconds at least. */
const MIN_FIRST_SECONDS = 60;

function createIdleTimer({ untilIdleSeconds, onIdle }: ConsumerCheckParts) {
  let timer: NodeJS.Timeout | undefined;
  let hasSeen = false;
  const wait = (seconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(onIdle, seconds * 1_000);
  };
  return {
    start: () => untilIdleSeconds !== undefined && wait(Math.max(untilIdleSeconds, MIN_FIRST_SECONDS)),
    restart: () => {
      const isFirst = !hasSeen;
      hasSeen = true;
      if (untilIdleSeconds === undefined) return;
      if (isFirst) wait(untilIdleSeconds);
      else timer?.refresh();
    },
    hasSeen: () => hasSeen,
    stop: () => clearTimeout(timer),
  };
}
