import { expect, test } from 'vitest';
import { Circuit } from '../../../../../server/http/auth/iam/circuit.ts';

const fail = () => Promise.reject(new Error('down'));
const succeed = () => Promise.resolve('up');

async function openCircuit() {
  const time = { now: 0 };
  const circuit = new Circuit(
    () => true,
    () => time.now,
  );
  for (let at = 0; at < 5; at += 1) await expect(circuit.run(fail)).rejects.toThrow('down');
  return { time, circuit };
}

test('Five failures in a row open it, and nothing passes for two seconds', async () => {
  const { time, circuit } = await openCircuit();
  expect(circuit.isOpen).toBe(true);
  time.now = 1_999;
  await expect(circuit.run(succeed)).rejects.toMatchObject({ kind: 'iam-circuit-open' });
});

test('A success in between starts the count again', async () => {
  const circuit = new Circuit(
    () => true,
    () => 0,
  );
  for (const work of [fail, fail, fail, fail, succeed, fail, fail, fail, fail])
    await circuit.run(work).catch(() => undefined);
  expect(circuit.isOpen).toBe(false);
});

test('After two seconds one probe passes, and closes it if it succeeds', async () => {
  const { time, circuit } = await openCircuit();
  time.now = 2_000;
  let end = (_: string) => {};
  const probe = circuit.run(() => new Promise<string>((resolve) => (end = resolve)));
  await expect(circuit.run(succeed)).rejects.toMatchObject({ kind: 'iam-circuit-open' });
  end('up');
  expect(await probe).toBe('up');
  expect(await circuit.run(succeed)).toBe('up');
});

test('A probe that fails keeps it open for two more seconds', async () => {
  const { time, circuit } = await openCircuit();
  time.now = 2_000;
  await expect(circuit.run(fail)).rejects.toThrow('down');
  time.now = 3_999;
  await expect(circuit.run(succeed)).rejects.toMatchObject({ kind: 'iam-circuit-open' });
  time.now = 4_000;
  expect(await circuit.run(succeed)).toBe('up');
});

test('Work that began earlier and fails later does not prolong it', async () => {
  const time = { now: 0 };
  const circuit = new Circuit(
    () => true,
    () => time.now,
  );
  let failLate = (_: Error) => {};
  const late = circuit.run(() => new Promise((_, reject) => (failLate = reject)));
  for (let at = 0; at < 5; at += 1) await circuit.run(fail).catch(() => undefined);
  time.now = 1_900;
  failLate(new Error('late'));
  await expect(late).rejects.toThrow('late');
  time.now = 2_000;
  expect(await circuit.run(succeed)).toBe('up');
});
