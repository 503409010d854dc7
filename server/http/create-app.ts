// A list of steps with Express's requests and responses: the same settings, and the same one place where failures end,
// for server and mock.
import type { RequestListener } from 'node:http';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { HttpApp } from './http-app.ts';
import { hasUnreadBody } from './message.ts';
import { Failure, failureOf } from './reply/failures.ts';
import { chain } from './request/chain.ts';
import { failureOfValidation } from './request/validate.ts';

/** Answers a request that failed at any step. Nothing has been sent yet. */
export type AnswerFailure = (failure: Failure, request: Request, response: Response) => void | Promise<void>;

/**
 * An application that takes every request through the same steps. Express's router is left out, because there is
 * nothing to route: it parses each URL with node:url and makes four functions a request.
 * @param steps in their order; the last one answers
 * @param answerFailure gets whatever a step throws, as a failure of the contract
 */
export function createHttpApp(steps: readonly RequestHandler[], answerFailure: AnswerFailure): HttpApp {
  const app = express();
  // A trailing slash or a different case makes another path, as in the contract.
  app.enable('strict routing');
  app.enable('case sensitive routing');
  const walk = chain(steps);
  const handle = (request: Request, response: Response): void => {
    request.res = response;
    response.locals = {};
    walk(request, response, (error: unknown = new Failure('api-not-found')) => {
      fail(error, request, response).catch(() => response.destroy());
    });
  };
  async function fail(error: unknown, request: Request, response: Response): Promise<void> {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (hasUnreadBody(request)) response.set('Connection', 'close');
    await answerFailure(failureOfValidation(error, request) ?? failureOf(error), request, response);
  }
  // The router would set it: the steps are mounted nowhere.
  const requestPrototype = Object.create(app.request, { baseUrl: { value: '' } }) as object;
  return Object.assign(handle as unknown as RequestListener, { request: requestPrototype, response: app.response });
}
