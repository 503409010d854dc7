// Express around a list of steps: the same settings, and the same one place where failures end, for server and mock.
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { hasUnreadBody } from './message.ts';
import { type Failure, failureOf } from './reply/failures.ts';
import { chain } from './request/chain.ts';
import { failureOfValidation } from './request/validate.ts';

/** Answers a request that failed at any step. Nothing has been sent yet. */
export type AnswerFailure = (failure: Failure, request: Request, response: Response) => void | Promise<void>;

/**
 * An application that takes every request through the same steps.
 * @param steps in their order; the last one answers
 * @param answerFailure gets whatever a step throws, as a failure of the contract
 */
export function createHttpApp(steps: readonly RequestHandler[], answerFailure: AnswerFailure): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // A trailing slash or a different case makes another path, as in the contract.
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use(chain(steps));
  app.use(failuresTo(answerFailure));
  return app;
}

function failuresTo(answerFailure: AnswerFailure): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (hasUnreadBody(request)) response.set('Connection', 'close');
    return answerFailure(failureOfValidation(error, request) ?? failureOf(error), request, response);
  };
}
