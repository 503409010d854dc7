// Judges the bytes of a server's answers by the contract.
import { STATUS_CODES } from 'node:http';
import { contract, examples, gatewayExamples, operations, resolve, validator } from '../../support/contract.ts';

const HEAD_END = '\r\n\r\n';
const isError = validator('components/schemas/Error');
/** The error codes that each status may have; a status without a body has none. */
const codes = new Map<number, Set<string>>();
for (const { status, value } of [...examples, ...gatewayExamples]) {
  codes.set(status, (codes.get(status) ?? new Set()).add(value.error_code));
}
for (const { operation } of operations) {
  for (const [status, response] of Object.entries(operation.responses)) {
    if (resolve(response).content === undefined) codes.set(Number(status), new Set());
  }
}
const requestIdPattern = new RegExp(contract.components.headers.RequestId.schema.pattern);

/** What was received on one connection. */
export interface Judgement {
  readonly statuses: readonly number[];
  /** What the contract does not allow. */
  readonly problems: readonly string[];
}

/**
 * @param received all bytes of a connection up to its end, as latin1
 * @param isCut whether we have ended it, maybe in the middle of an answer
 */
export function judge(received: string, isCut = false): Judgement {
  const statuses: number[] = [];
  const problems: string[] = [];
  for (let rest = received; rest !== ''; ) {
    const headEnd = rest.indexOf(HEAD_END);
    if (headEnd === -1 && isCut) break;
    if (headEnd === -1) return { statuses, problems: [...problems, `half a head: ${rest.slice(0, 80)}`] };
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const [, digits = '', reason] = /^HTTP\/1\.1 (\d{3}) (.+)$/.exec(statusLine) ?? [];
    const status = Number(digits);
    if (reason !== STATUS_CODES[status])
      return { statuses, problems: [...problems, `status line: ${statusLine.slice(0, 80)}`] };
    rest = rest.slice(headEnd + HEAD_END.length);
    if (status === 100) continue;
    statuses.push(status);
    const headers = new Map(
      lines.map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers.get('content-length') ?? 0);
    // The answer to a HEAD announces what it does not send (RFC 9110, 9.3.2).
    const body = rest === '' || rest.startsWith('HTTP/1.1 ') ? '' : rest.slice(0, length);
    rest = rest.slice(body.length);
    if (isCut && rest === '' && body.length < length) break;
    for (const problem of problemsOf(status, headers, body)) problems.push(`${status}: ${problem}`);
  }
  return { statuses, problems };
}

type Headers = ReadonlyMap<string | undefined, string>;

function problemsOf(status: number, headers: Headers, body: string): string[] {
  const problems: string[] = [];
  const known = codes.get(status);
  if (known === undefined) return ['the contract has no such status'];
  if (!requestIdPattern.test(headers.get('x-request-id') ?? '')) problems.push('no X-Request-Id');
  if (headers.get('cache-control') !== 'no-store') problems.push('no Cache-Control');
  if (status === 405 && !headers.has('allow')) problems.push('no Allow');
  if (status === 429 && !/^[1-9]\d*$/.test(headers.get('retry-after') ?? '')) problems.push('no Retry-After');
  if (known.size === 0 && body !== '') problems.push(`a body: ${body.slice(0, 80)}`);
  if (known.size > 0 && Number(headers.get('content-length') ?? 0) === 0) problems.push('no body');
  if (known.size > 0 && body !== '') problems.push(...problemsOfBody(known, headers, body));
  return problems;
}

function problemsOfBody(known: ReadonlySet<string>, headers: Headers, body: string): string[] {
  let parsed: { error_code?: string; request_id?: string };
  try {
    parsed = JSON.parse(body);
  } catch {
    return [`no JSON: ${body.slice(0, 80)}`];
  }
  const problems: string[] = [];
  if (headers.get('content-type') !== 'application/json; charset=utf-8') problems.push('no Content-Type of JSON');
  if (!isError(parsed)) problems.push(JSON.stringify(isError.errors));
  if (!known.has(parsed.error_code ?? '')) problems.push(`another status's code ${parsed.error_code}`);
  if (parsed.request_id !== headers.get('x-request-id')) problems.push('another request id');
  if (/\bat .+:\d+:\d+/.test(body) || body.includes('node_modules'))
    problems.push(`a stack trace: ${body.slice(0, 200)}`);
  return problems;
}
