// Node's own fetch: it signs nothing, checks no name and tries nothing again.
import { pathOf, TOKEN, TOKEN_HEADER } from '../servers/contract.ts';
import { runClient } from './run.ts';

await runClient((url) => async (tag) => {
  const { status } = await fetch(url + pathOf(tag), { method: 'DELETE', headers: { [TOKEN_HEADER]: TOKEN } });
  if (status !== 204) throw new Error(`the answer was ${status}`);
});
