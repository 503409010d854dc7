// The consumer check in this process, before whatever a test brings; and a provider that says what it is told to.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { startConsumerCheck } from '../../../verify/consumer/consumer-check.ts';
import { contractOf, readContract } from '../../../verify/contract/read-contract.ts';
import type { Finding, Report } from '../../../verify/report/model.ts';

const shipped = await readContract();

export interface RunningCheck {
  readonly url: string;
  readonly troubles: readonly string[];
  end(): Promise<Report>;
}

/** @param change makes another contract of the document, by which is judged then */
export async function startCheck(
  upstreamUrl: string,
  // biome-ignore lint/suspicious/noExplicitAny: the document is changed freely
  change?: (document: any) => void,
): Promise<RunningCheck> {
  const document = structuredClone(shipped.document);
  change?.(document);
  const contract = contractOf(document, shipped.file);
  const { origin, hostname, port, protocol, pathname } = new URL(upstreamUrl);
  const basePath = pathname === '/' ? '' : pathname;
  const troubles: string[] = [];
  const check = await startConsumerCheck({
    ...{ contract, level: 'full', host: '127.0.0.1', port: 0, untilIdleSeconds: undefined, onIdle: () => undefined },
    upstream: { origin, basePath, host: hostname, port: Number(port), isTls: protocol === 'https:' },
    onTrouble: (what) => void troubles.push(what),
  });
  return { url: check.url, troubles, end: () => check.end(1_000) };
}

/** A provider on a raw socket: every byte that it gets, and every byte that it sends, is a test's. */
export interface ScriptedProvider {
  readonly url: string;
  /** All that has arrived, on all connections. */
  received(): Buffer;
  close(): Promise<void>;
}

/**
 * @param onConnection is given the socket; `data` is listened to already
 * @param port 0 picks a free one
 */
export async function startScripted(onConnection: (socket: Socket) => void, port = 0): Promise<ScriptedProvider> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('data', (bytes) => void chunks.push(bytes));
    onConnection(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => Buffer.concat(chunks),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A provider that gives the same bytes to every head that ends, and closes. */
export const startAnswering = (bytes: string | Buffer): Promise<ScriptedProvider> =>
  startScripted((socket) => socket.once('data', () => void socket.end(bytes)));

/** What is said of the consumer as a whole, such as that it never sent a legal name, is left out. */
const isOfExchange = ({ id }: Finding): boolean => id !== 'names/only-illegal';

/** The findings that are violated, as `<status>/<cause>: <party>: <message> (<found>)`. */
export const violationsOf = ({ findings }: Report): string[] =>
  findings
    .filter(isOfExchange)
    .flatMap(({ status, cause, violations }) =>
      violations.map(
        ({ party, message, found }) =>
          `${status}/${cause}: ${party}: ${message}${found === undefined ? '' : ` (${found})`}`,
      ),
    );

/** The finding of a cause, with what was found at every level. */
export function findingOf({ findings }: Report, cause: string): Finding {
  const [found, ...beyond] = findings.filter((finding) => finding.cause === cause);
  if (found === undefined) throw new Error(`no finding of ${cause}`);
  const violations = [found, ...beyond].flatMap((one) => one.violations);
  return violations.length === 0 ? found : { ...found, verdict: 'violated', violations };
}
