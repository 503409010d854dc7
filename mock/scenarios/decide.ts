// Decides which answer of the contract a valid request gets, and why.
import type { Declared } from '../engine/engine.ts';
import { type Images, imageKey, type SentImage } from '../sessions/images.ts';
import type { Session } from '../sessions/sessions.ts';
import { preferredAnswer } from './preference.ts';
import { type Fault, scenarioOf } from './scenario.ts';

/** An authenticated request that keeps the contract. */
interface ValidRequest {
  /** The image to delete. Undefined for other operations, which have no state in the mock. */
  readonly image: SentImage | undefined;
  /** Value of the Prefer header. */
  readonly prefer: string | undefined;
  readonly session: Session;
}

/** The answer to request from Prism. */
interface Decision {
  readonly status: number;
  /** Name of the contract's example. Undefined for a success. */
  readonly example?: string | undefined;
  readonly why: string;
  readonly fault?: Fault;
}

interface Parts {
  readonly declared: Declared;
  readonly images: Images;
  readonly areFaultsOn: boolean;
}

/** @throws Failure `malformed-request` if the caller requests an answer that does not exist */
export type Decide = (request: ValidRequest) => Decision;

/** The Prefer header decides first, then the tag's scenario, then which images exist. */
export function createDecide({ declared, images, areFaultsOn }: Parts): Decide {
  const success = declared.statuses.find((status) => status >= 200 && status < 300) ?? 200;

  const failure = (example: string, why: string): Decision => ({
    status: declared.examples.get(example) ?? 500,
    example,
    why,
  });

  function deletion(image: SentImage, { id, deleteTag }: Session): Decision {
    if (deleteTag(image)) return { status: success, why: `deleted in session ${id}` };
    return failure('tag-not-found', `already deleted in session ${id}`);
  }

  function answerOfFault(fault: Fault, image: SentImage, session: Session): Decision {
    if (fault.kind === 'reset') return { status: success, why: 'no answer, requested by the tag' };
    if (fault.kind === 'truncate') return failure('storage-failure', 'half an answer, requested by the tag');
    if (fault.kind === 'delay') return deletion(image, session);
    const tries = session.countTry(image);
    if (tries > fault.failures) return deletion(image, session);
    return failure('storage-failure', `failure ${tries} of ${fault.failures} in session ${session.id}`);
  }

  return ({ image, prefer, session }) => {
    const preferred = preferredAnswer(prefer, declared);
    if (preferred !== undefined) return { ...preferred, why: 'requested by Prefer' };
    if (image === undefined) return { status: success, why: 'the success that the contract declares' };
    const scenario = scenarioOf(image.tag, declared, areFaultsOn);
    if (scenario?.kind === 'example') {
      return { status: scenario.status, example: scenario.example, why: 'requested by the tag' };
    }
    if (scenario !== undefined) return { ...answerOfFault(scenario, image, session), fault: scenario };
    const absence = images.absenceOf(image);
    if (absence !== undefined) return failure(absence, `${imageKey(image)} is not among the images`);
    return deletion(image, session);
  };
}
