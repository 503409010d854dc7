import type { Socket } from 'node:net';
import type { NextFunction, RequestHandler } from 'express';

/** Connections served before work under way gets a turn; a request takes a tenth of a millisecond. */
const CONNECTIONS_A_TURN = 8;

/** Max requests of one connection that wait. Beyond that all of them go on, so that their answers slow the caller down. */
const MAX_WAITING_A_CONNECTION = 8;

/**
 * Serves a few connections in each turn of the event loop and leaves the rest to the next turns. Without it a crowd of
 * requests, each to be refused, fills every turn, and a delete that needs twenty turns (each of its steps on the disk is
 * one) hardly advances. Pipelined requests keep their order and do not pile up: node:http reads from a connection until
 * its answers fill it, and a waiting request has no answer. A request is dropped if its connection ends or is refused
 * (wire-errors.ts) while it waits.
 */
export function takeTurns(connectionsPerTurn = CONNECTIONS_A_TURN): RequestHandler {
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
