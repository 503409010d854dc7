// Requests outside the operation: other paths, other methods, malformed requests.
import { gatewayExample, invalidParameter, notFound } from '../../contract/causes.ts';
import type { Example } from '../../contract/contract.ts';
import { levelOf } from '../../contract/level.ts';
import type { Outcome } from '../scene/outcome.ts';
import { nowhere } from '../scene/safe-targets.ts';
import { absentSegment, requestOf, type Scene, targetOf } from '../scene/scene.ts';
import type { Provider } from '../send/provider.ts';
import type { CaseRequest } from '../send/request.ts';
import { type Case, requestCase, requestsCase } from './case.ts';
import { type Expectation, levelAsked } from './expectation.ts';
import { judge } from './judge-reply.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Size of a target or of headers that is more than any provider accepts, in bytes. */
const HUGE = 60 * 1024;

/** Content-Length of a body that is announced and never sent, in bytes. */
const ANNOUNCED = 2 ** 33;

const PATIENT = 'the provider has more patience than two minutes; the contract gives no number';

/** Reason for request bounds to which the contract gives no number. */
const NO_NUMBER = 'the provider took it: it has a higher bound, or none';

/** By the status: each of the contract's answers outside the operations, with the requests that end there. */
export function gatewayCases(scene: Scene): Case[] {
  const recipes: Readonly<Record<string, (scene: Scene, example: Example) => Case[]>> = {
    '400': malformed,
    '404': otherPaths,
    '405': otherMethods,
    '408': tooSlow,
    '413': tooLarge,
    '414': tooLongAddress,
    '417': expectation,
    '431': tooLargeHeaders,
  };
  return scene.contract.gateway.examples.flatMap((example) => recipes[example.status]?.(scene, example) ?? []);
}

/** A tag that does not exist, so a provider that misreads the request deletes nothing. */
function harmlessRequest(scene: Scene, more: Partial<CaseRequest> = {}): CaseRequest {
  return requestOf(scene, { [scene.last.name]: scene.madeUpTag }, more);
}

function otherPaths(scene: Scene, example: Example): Case[] {
  const { contract, operation } = scene;
  const target = targetOf(scene);
  const literals = operation.path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'));
  const swapped = literals.map((literal) => target.replace(`/${literal}/`, `/${literal.toUpperCase()}/`));
  const to = (one: string) => ({ label: one, request: requestOf(scene, {}, { target: one }) });
  const paths = { causes: [example] as [Example], rule: example.pointer, harm: 'wrong-status' as const };
  return [
    ...unknownPaths(scene, paths),
    requestCase(
      contract,
      { id: 'path/trailing-slash', title: 'a slash behind the path' },
      to(`${target}/`).request,
      paths,
    ),
    requestCase(
      contract,
      { id: 'path/double-slash', title: 'a second slash before the path' },
      to(`/${target}`).request,
      paths,
    ),
    ...requestsCase(
      contract,
      { id: 'path/dot-segments', title: 'dots between the names: the path is taken as it is sent' },
      ['/.', `/${scene.madeUpTag}/..`].map((dots) => to(target.replace(/\/[^/]*$/, (last) => dots + last))),
      paths,
    ),
    ...requestsCase(
      contract,
      { id: 'path/letters-case', title: 'the path in other letters’ case (RFC 3986, 6.2.2.1)' },
      swapped.filter((one) => one !== target).map(to),
      paths,
    ),
    ...rawSlashes(scene, example),
  ];
}

/** Without its last name a path may be that of a whole repository. */
function unknownPaths(scene: Scene, expectation: Expectation): Case[] {
  const named = { id: 'path/unknown', title: 'a path that the contract does not have' };
  const to = nowhere(scene);
  if (typeof to !== 'function')
    return [{ ...named, cause: expectation.causes[0], level: levelAsked(scene.contract, expectation), run: to }];
  const { target } = to({});
  const targets = ['/no/such/path', `${target}/more`, target.slice(0, target.lastIndexOf('/'))];
  const requests = targets.map((one) => ({ label: one, request: to({}, { target: one }) }));
  return requestsCase(scene.contract, named, requests, expectation);
}

/** A provider that takes the slash for a part of the name looks for a repository outside the fixtures. */
function rawSlashes(scene: Scene, example: Example): Case[] {
  const { operation, path } = scene;
  const named = { id: 'path/raw-slash', title: 'a raw slash in a name makes another path' };
  const to = nowhere(scene);
  return path.slice(0, -1).flatMap((parameter): Case[] => {
    const rule = operation.rules.find(({ substitution }) => substitution?.parameter === parameter.name)?.pointer;
    if (rule === undefined) return [];
    if (typeof to !== 'function') return [{ ...named, cause: example, level: levelOf(scene.contract, rule), run: to }];
    const request = to({ [parameter.name]: `${absentSegment(scene, parameter) ?? 'a'}/b` });
    return [requestCase(scene.contract, named, request, { causes: [example], rule })];
  });
}

/** Aimed at a tag that exists. */
function otherMethods(scene: Scene, example: Example): Case[] {
  return METHODS.filter((method) => !scene.operation.methods.includes(method)).map((method) => {
    const needsLength = ['POST', 'PUT', 'PATCH'].includes(method);
    const headers = needsLength ? { headers: [['Content-Length', '0'] as const] } : {};
    return requestCase(
      scene.contract,
      { id: `method/${method.toLowerCase()}`, title: `${method} instead of ${scene.operation.method}` },
      requestOf(scene, {}, { method, ...headers }),
      {
        causes: [method === 'HEAD' ? { ...example, code: undefined } : example],
        rule: example.pointer,
        // Nobody takes the answer to an OPTIONS for that to a delete.
        harm: 'wrong-status',
      },
    );
  });
}

function malformed(scene: Scene, example: Example): Case[] {
  const cases: [id: string, title: string, more: Partial<CaseRequest>][] = [
    ['no-host', 'no Host (RFC 9112, 3.2)', { hosts: [] }],
    ['two-hosts', 'two Host headers (RFC 9112, 3.2)', { hosts: [scene.host, scene.host] }],
    ['no-colon', 'a header line without a colon', { brokenLines: ['this is no header'] }],
    ['no-length', 'a Content-Length that is no number', { brokenLines: ['Content-Length: many'] }],
  ];
  return cases.map(([id, title, more]) =>
    requestCase(scene.contract, { id: `malformed/${id}`, title }, harmlessRequest(scene, more), {
      causes: [example],
      rule: example.pointer,
    }),
  );
}

/** Runs only if the fixtures ask for it, because it lasts until the provider times out. */
function tooSlow(scene: Scene, example: Example): Case[] {
  const level = levelOf(scene.contract, example.pointer);
  const named = { id: 'malformed/never-ends', title: 'a request that never ends', level };
  if (scene.fixtures.provoke[example.status] === undefined) {
    const reason = 'the provider has to lose patience, which may take two minutes';
    return [{ ...named, cause: example, run: { reason, fixture: `provoke.${example.status}` } }];
  }
  const request = harmlessRequest(scene, { isUnfinished: true });
  const run = async (provider: Provider): Promise<Outcome> => {
    const reply = await provider.send(request);
    const isPatient = reply.answer === undefined && reply.exchange.milliseconds >= provider.patienceMs;
    if (isPatient) return { reason: PATIENT };
    return judge(scene.contract, reply, { causes: [example], rule: example.pointer });
  };
  return [{ ...named, cause: example, run }];
}

function tooLarge(scene: Scene, example: Example): Case[] {
  const request = harmlessRequest(scene, { headers: [['Content-Length', String(ANNOUNCED)]] });
  return [boundCase(scene, example, ['body', `a body of ${ANNOUNCED} bytes is announced`], request)];
}

function tooLongAddress(scene: Scene, example: Example): Case[] {
  const target = targetOf(scene, { [scene.last.name]: scene.madeUpTag.padEnd(HUGE, 'a') });
  const named = ['address', `an address of ${target.length} characters`] as const;
  const headers = gatewayExample(scene.contract, '431');
  const asHeaders = { causes: headers ? [headers] : [], reason: 'the provider counts the address among the headers' };
  return [boundCase(scene, example, named, requestOf(scene, {}, { target }), [asHeaders])];
}

function tooLargeHeaders(scene: Scene, example: Example): Case[] {
  const headers = Array.from({ length: 60 }, (_, index) => [`X-Padding-${index}`, 'a'.repeat(HUGE / 60)] as const);
  return [boundCase(scene, example, ['headers', `headers of ${HUGE} bytes`], harmlessRequest(scene, { headers }))];
}

function boundCase(
  scene: Scene,
  example: Example,
  [id, title]: readonly [id: string, title: string],
  request: CaseRequest,
  more: NonNullable<Expectation['open']> = [],
): Case {
  const answers = [notFound(scene.operation, scene.last), invalidParameter(scene.operation, scene.last)];
  return requestCase(scene.contract, { id: `bounds/${id}`, title }, request, {
    causes: [example],
    rule: example.pointer,
    open: [{ causes: answers.filter((one) => one !== undefined), reason: NO_NUMBER }, ...more],
  });
}

function expectation(scene: Scene, example: Example): Case[] {
  const request = harmlessRequest(scene, { headers: [['Expect', '200-maybe']] });
  const named = { id: 'malformed/expectation', title: 'an Expect other than 100-continue' };
  return [requestCase(scene.contract, named, request, { causes: [example], rule: example.pointer })];
}
