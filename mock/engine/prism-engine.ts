// Prism's engine, run in this process: every mocked answer comes from it. Prism's own server is not used: it exits on a
// malformed percent-encoding (`%zz`), and it returns 204 for an example that does not exist.
import type { IHttpConfig, IHttpResponse } from '@stoplight/prism-http';
import { examplePath, type OperationId } from '../../openapi/names.ts';
import type { AnyReply } from '../../server/http/reply/reply.ts';
import { REQUEST_ID_HEADER } from '../../server/http/request-id.ts';
import { answerKey, type Declared, type Engine } from './engine.ts';
import { loadPrism, type Prism } from './load-prism.ts';

type HttpOperation = Awaited<ReturnType<Prism['getHttpOperationsFromSpec']>>[number];

/** Discards Prism's log: the mock writes its own line for each request. */
const silence = () => undefined;
const silentLog = Object.assign(Object.create(null), {
  ...{ trace: silence, debug: silence, info: silence, warn: silence, error: silence, fatal: silence, success: silence },
  child: () => silentLog,
});

/** @param contractFile path of the OpenAPI document */
export async function createPrismEngine(contractFile: string): Promise<Engine> {
  const { createInstance, getHttpOperationsFromSpec } = loadPrism();
  const httpOperations = await getHttpOperationsFromSpec(contractFile);
  const prism = createInstance(configOf(), { logger: silentLog });
  const byId = new Map(httpOperations.map((operation) => [operation.iid ?? operation.id, operation]));
  const declared = new Map([...byId].map(([id, operation]) => [id, declaredBy(operation)]));
  const answers = new Map<string, Promise<AnyReply>>();

  function operationOf(id: string): HttpOperation {
    const operation = byId.get(id);
    if (operation === undefined) throw new Error(`Prism does not know the operation ${id}`);
    return operation;
  }

  async function ask(operation: HttpOperation, status: number, example?: string): Promise<AnyReply> {
    const request = { method: operation.method as 'delete', url: { path: legalPath(operation) } };
    const result = await prism.request(request, [operation], configOf(status, example))();
    if (result._tag === 'Left') throw result.left;
    return replyOf(result.right.output);
  }

  return {
    declared: (operationId) => declared.get(operationOf(operationId).iid ?? '') as Declared,
    answer(operationId, status, example) {
      const key = `${operationId} ${answerKey(status, example)}`;
      // The contract does not change while the mock runs, so each answer is requested from Prism once.
      const known = answers.get(key);
      if (known !== undefined) return known;
      const answer = ask(operationOf(operationId), status, example);
      answers.set(key, answer);
      answer.catch(() => answers.delete(key));
      return answer;
    },
  };
}

/** Prism does not validate: its 400 would always be the first example. Requests are validated before. */
function configOf(code?: number, exampleKey?: string): IHttpConfig {
  return {
    isProxy: false,
    checkSecurity: false,
    validateRequest: false,
    validateResponse: true,
    errors: false,
    upstreamProxy: undefined,
    mock: { dynamic: false, ...(code !== undefined && { code }), ...(exampleKey !== undefined && { exampleKey }) },
  };
}

function declaredBy({ responses }: HttpOperation): Declared {
  const examples = responses.flatMap(({ code, contents = [] }) =>
    contents.flatMap((content) => (content.examples ?? []).map(({ key }) => [key, Number(code)] as const)),
  );
  return { statuses: responses.map(({ code }) => Number(code)), examples: new Map(examples) };
}

/** The operation's path with the contract's own examples: the caller's may be one that Prism ends on. */
function legalPath({ iid }: HttpOperation): string {
  return examplePath(iid as OperationId);
}

/** Drops two headers of Prism: it sets a content type even without content, and every request has its own id. */
function replyOf({ statusCode, headers = {}, body }: IHttpResponse): AnyReply {
  const dropped = new Set(['content-type', REQUEST_ID_HEADER.toLowerCase()]);
  const kept = Object.entries(headers).filter(([name]) => !dropped.has(name.toLowerCase()));
  return { status: statusCode, headers: Object.fromEntries(kept), body };
}
