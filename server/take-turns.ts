import type { NextFunction, RequestHandler } from 'express';

/**
 * Takes in so many requests in a turn of the event loop, in their order, and leaves the rest to the next ones. Without
 * it a crowd of requests, each to be refused, fills every turn, and a delete that needs twenty turns (each step of it
 * on the disk is one) hardly goes on. A request whose caller has gone away meanwhile, or was refused, is dropped.
 */
export function takeTurns(perTurn: number): RequestHandler {
  let waiting: (() => void)[] = [];
  let room = perTurn;
  let isScheduled = false;
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const admitted = waiting.slice(0, perTurn);
      waiting = waiting.slice(perTurn);
      room = perTurn - admitted.length;
      if (admitted.length > 0) schedule();
      for (const admit of admitted) admit();
    });
  };
  return (request, _response, next: NextFunction) => {
    schedule();
    if (room > 0) {
      room -= 1;
      next();
      return;
    }
    waiting.push(() => {
      if (request.socket.writable) next();
    });
  };
}
