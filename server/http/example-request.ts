import { authToken, operations } from '../../generated/contract.ts';
import { examplePath } from '../../openapi/names.ts';

/** A curl command that a person can paste: the contract's example of a delete. @param url where the server listens */
export function exampleCurl(url: string, token: string): string {
  const { method } = operations.deleteRepoTag;
  return `curl -i -X ${method} -H '${authToken.header}: ${token}' '${url}${examplePath('deleteRepoTag')}'`;
}
