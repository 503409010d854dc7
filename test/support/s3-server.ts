// The storage of a registry as an S3 service: the program S3_PROGRAM, which answers as gofakes3 does, on loopback.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort, untilOpen } from './ports.ts';

const BUCKET = 'registry';

/** A running S3 service with an empty bucket. */
export interface S3Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one. @throws if it ends */
export async function startS3Server(program: string): Promise<S3Server> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const args = ['-backend', 'memory', '-initialbucket', BUCKET, '-host', host];
  // setpriv (util-linux) ends it together with this process.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], { stdio: 'ignore' });
  const ended = once(child, 'close');
  await untilOpen(
    port,
    ended.then(([code]) => `${program} ended with ${code}`),
  );
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url: `http://${host}`, stop };
}

/** The part of a registry's configuration that keeps its data there. */
export const s3Storage = (url: string) => ({
  s3: {
    regionendpoint: url,
    region: 'us-east-1',
    bucket: BUCKET,
    accesskey: 'test',
    secretkey: 'test',
    secure: false,
    forcepathstyle: true,
  },
});
