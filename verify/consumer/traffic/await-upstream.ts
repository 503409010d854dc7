// A proxy in front of nothing resets every connection, and the consumer would be blamed for the upstream's late start.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CannotRun } from '../../cannot-run.ts';
import { openThrough, proxyOf } from '../../wire/forward-proxy.ts';
import type { Upstream } from './tunnel.ts';

/** The longest wait for the upstream to start, in milliseconds. */
const WAIT_MS = 10_000;
/** Between two tries, in milliseconds. */
const PAUSE_MS = 100;

/**
 * Resolves when the upstream, or the forward proxy on the way to it, opens a TCP connection.
 * @param onWait called once if the first try fails
 * @throws CannotRun if it opens none in 10 s
 */
export async function awaitUpstream(upstream: Upstream, onWait: (what: string) => void): Promise<void> {
  const end = performance.now() + WAIT_MS;
  for (let tries = 1; ; tries++) {
    const failure = await tryConnection(upstream, end - performance.now());
    if (failure === undefined) return;
    if (tries === 1) onWait(`Waits up to ${WAIT_MS / 1_000} s for ${upstream.origin}: ${failure}`);
    if (performance.now() + PAUSE_MS >= end) throw new CannotRun([neverOpen(upstream, failure)]);
    await sleep(PAUSE_MS);
  }
}

const neverOpen = ({ origin }: Upstream, failure: string): string =>
  `--upstream ${origin} took no connection in ${WAIT_MS / 1_000} s (${failure}): start the mock or the provider first, or correct the address`;

/** @returns why it failed; undefined if it was opened, and is closed again */
async function tryConnection(upstream: Upstream, timeoutMs: number): Promise<string | undefined> {
  const forwardProxy = proxyOf(new URL(upstream.origin));
  const signal = AbortSignal.timeout(Math.max(1, Math.round(timeoutMs)));
  try {
    const socket =
      forwardProxy === undefined
        ? await open(upstream, signal)
        : await openThrough(forwardProxy, upstream, { timeoutMs, signal });
    socket.on('error', () => undefined).destroy();
    return undefined;
  } catch (error) {
    if (signal.aborted) return 'no answer';
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

async function open({ host, port }: Upstream, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  }
}
