// Which answer of the contract a legal request gets, and why.
import type { Declared } from './engine.ts';
import { type Images, imageKey, type SentImage } from './images.ts';
import { preferredAnswer } from './preference.ts';
import { type Fault, scenarioOf } from './scenario.ts';
import type { Session } from './sessions.ts';

/** A request that is authenticated and keeps to the contract. */
interface LegalRequest {
  /** What is to be deleted; undefined where the operation is another one, which has no state here. */
  readonly image: SentImage | undefined;
  /** The Prefer header. */
  readonly prefer: string | undefined;
  readonly session: Session;
}

/** An answer of the contract, not yet asked of Prism. */
interface Decision {
  readonly status: number;
  /** A success has none. */
  readonly example?: string | undefined;
  readonly why: string;
  readonly fault?: Fault;
}

interface Parts {
  readonly declared: Declared;
  readonly images: Images;
  readonly areFaultsOn: boolean;
}

/** @throws Failure `malformed-request` where a caller asks for an answer that there is not */
export type Decide = (request: LegalRequest) => Decision;

/** What the caller asks for counts first, then the tag's scenario, then what exists. */
export function createDecide({ declared, images, areFaultsOn }: Parts): Decide {
  const success = declared.statuses.find((status) => status >= 200 && status < 300) ?? 200;

  const failure = (example: string, why: string): Decision => ({
    status: declared.examples.get(example) ?? 500,
    example,
    why,
  });

  function deletion(image: SentImage, { id, deleteTag }: Session): Decision {
    if (deleteTag(image)) return { status: success, why: `deleted in the session ${id}` };
    return failure('tag-not-found', `deleted before in the session ${id}`);
  }

  function answerOfFault(fault: Fault, image: SentImage, session: Session): Decision {
    if (fault.kind === 'reset') return { status: success, why: 'the tag asks for no answer' };
    if (fault.kind === 'truncate') return failure('storage-failure', 'half of it: the tag asks for that');
    if (fault.kind === 'delay') return deletion(image, session);
    const tries = session.countTry(image);
    if (tries > fault.failures) return deletion(image, session);
    return failure('storage-failure', `try ${tries}, and ${fault.failures} fail in the session ${session.id}`);
  }

  return ({ image, prefer, session }) => {
    const preferred = preferredAnswer(prefer, declared);
    if (preferred !== undefined) return { ...preferred, why: 'asked for by Prefer' };
    if (image === undefined) return { status: success, why: 'what the contract declares' };
    const scenario = scenarioOf(image.tag, declared, areFaultsOn);
    if (scenario?.kind === 'example') {
      return { status: scenario.status, example: scenario.example, why: 'the tag asks for it' };
    }
    if (scenario !== undefined) return { ...answerOfFault(scenario, image, session), fault: scenario };
    const absence = images.absenceOf(image);
    if (absence !== undefined) return failure(absence, `${imageKey(image)} is not among the images`);
    return deletion(image, session);
  };
}
