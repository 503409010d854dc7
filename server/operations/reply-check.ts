// Checks every reply against the contract before its first byte is sent. The validator's own check misses too much
// (http/request/validator-quirks.ts).
import type { ValidateFunction } from 'ajv';
import { type ContractDocument, dereference, type HeaderObject, type ResponseObject } from '../http/contract.ts';
import type { AnyReply } from '../http/reply/reply.ts';
import { type CompileSchema, createCompiler } from '../http/schemas.ts';

/** A reply that the contract does not declare: a mistake in a handler. */
class ContractBreach extends Error {
  override readonly name = 'ContractBreach';
}

/** Checks a reply of an operation. @throws ContractBreach that names everything that is wrong */
export type ReplyCheck = (operationId: string, reply: AnyReply) => void;

interface ResponseCheck {
  readonly declared: ReadonlySet<string>;
  readonly headers: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly validate: ValidateFunction;
  }[];
  readonly validateBody: ValidateFunction | undefined;
}

/** Compiles the check of each declared response once. */
export function createReplyCheck(contract: ContractDocument): ReplyCheck {
  const compile = createCompiler(contract);
  const checks = new Map<string, Map<number, ResponseCheck>>();
  for (const item of Object.values(contract.paths)) {
    for (const operation of Object.values(item)) {
      if (operation.operationId === undefined) continue;
      const ofOperation = new Map<number, ResponseCheck>();
      for (const [status, response] of Object.entries(operation.responses)) {
        const check = responseCheck(contract, dereference<ResponseObject>(contract, response), compile);
        ofOperation.set(Number(status), check);
      }
      checks.set(operation.operationId, ofOperation);
    }
  }
  return (operationId, reply) => {
    const check = checks.get(operationId)?.get(reply.status);
    const problems = check === undefined ? [`the status ${reply.status} is not declared`] : problemsOf(check, reply);
    if (problems.length > 0) throw new ContractBreach(`${operationId}: ${problems.join('; ')}`);
  };
}

function responseCheck(contract: ContractDocument, response: ResponseObject, compile: CompileSchema): ResponseCheck {
  const headers = Object.entries(response.headers ?? {}).map(([name, node]) => {
    const { required = false, schema } = dereference<HeaderObject>(contract, node);
    return { name, required, validate: compile(schema) };
  });
  const json = response.content?.['application/json'];
  const declared = new Set(headers.map(({ name }) => name));
  return { declared, headers, validateBody: json && compile(json.schema) };
}

function problemsOf({ declared, headers, validateBody }: ResponseCheck, reply: AnyReply): string[] {
  const problems: string[] = [];
  for (const name of Object.keys(reply.headers ?? {})) {
    if (!declared.has(name)) problems.push(`the header ${name} is not declared`);
  }
  for (const { name, required, validate } of headers) {
    const value = reply.headers?.[name];
    if (value === undefined) {
      if (required) problems.push(`the header ${name} is missing`);
    } else if (!validate(value)) {
      problems.push(`the header ${name} ${validate.errors?.[0]?.message}`);
    }
  }
  if (validateBody === undefined) {
    if (reply.body !== undefined) problems.push(`a ${reply.status} has no body`);
  } else if (!validateBody(reply.body)) {
    for (const error of validateBody.errors ?? []) problems.push(`the body${error.instancePath} ${error.message}`);
  }
  return problems;
}
