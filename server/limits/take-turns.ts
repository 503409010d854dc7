import type { Socket } from 'node:net';
import type { NextFunction, RequestHandler } from 'express';

/** So many requests of one connection wait at most; more of them go on at once, so that its answers hold it back. */
const MAX_WAITING_A_CONNECTION = 8;

/**
 * Takes in the requests of so many connections in a turn of the event loop, and leaves the rest to the next ones.
 * Without it a crowd of requests, each to be refused, fills every turn, and a delete that needs twenty turns (each step
 * of it on the disk is one) hardly goes on. The requests of a pipeline keep their order and do not pile up: node:http
 * reads on from a connection until its answers fill it, and what waits has no answer. A request whose connection has
 * ended meanwhile, or was refused (wire-errors.ts), is dropped.
 */
export function takeTurns(connectionsPerTurn: number): RequestHandler {
  const waiting = new Map<Socket, NextFunction[]>();
  let room = connectionsPerTurn;
  let isScheduled = false;
  const admit = (socket: Socket): void => {
    const requests = waiting.get(socket) ?? [];
    waiting.delete(socket);
    for (const next of requests) if (socket.writable) next();
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const sockets = [...waiting.keys()].slice(0, connectionsPerTurn);
      room = connectionsPerTurn - sockets.length;
      if (sockets.length > 0) schedule();
      for (const socket of sockets) admit(socket);
    });
  };
  return ({ socket }, _response, next) => {
    schedule();
    const requests = waiting.get(socket);
    if (requests === undefined && room > 0) {
      room -= 1;
      next();
    } else if (requests === undefined) {
      waiting.set(socket, [next]);
    } else {
      requests.push(next);
      if (requests.length >= MAX_WAITING_A_CONNECTION) admit(socket);
    }
  };
}
