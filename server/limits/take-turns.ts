import type { Socket } from 'node:net';
import type { NextFunction, RequestHandler } from 'express';

/** Connections served before work under way gets a turn; a request takes a tenth of a millisecond. */
const CONNECTIONS_A_TURN = 8;

/** Max requests of one connection that wait. Beyond that all of them go on, so that their answers slow the caller down. */
const MAX_WAITING_A_CONNECTION = 8;

/** The requests of a connection that wait. */
interface Waiting {
  readonly socket: Socket;
  readonly requests: NextFunction[];
}

/**
 * Serves a few connections in each turn of the event loop and leaves the rest to the next turns. Without it a crowd of
 * requests, each to be refused, fills every turn, and a delete that needs twenty turns (each of its steps on the disk is
 * one) hardly advances. Pipelined requests keep their order and do not pile up: node:http reads from a connection until
 * its answers fill it, and a waiting request has no answer. A request is dropped if its connection ends or is refused
 * (wire-errors.ts) while it waits.
 *
 * The queue is an array, not a Map from which connections are deleted: V8 chains the tables of such a Map, and once one
 * of them was old, the chain kept every request that had waited. Each scavenge then copied 5 MB and
 * took 12 to 40 ms in place of 0.5 (Node 24).
 */
export function takeTurns(connectionsPerTurn = CONNECTIONS_A_TURN): RequestHandler {
  const known = new WeakMap<Socket, Waiting>();
  const queue: Waiting[] = [];
  let room = connectionsPerTurn;
  let isScheduled = false;
  const waitingOf = (socket: Socket): Waiting => {
    let waiting = known.get(socket);
    if (waiting === undefined) {
      waiting = { socket, requests: [] };
      known.set(socket, waiting);
    }
    return waiting;
  };
  const admit = ({ socket, requests }: Waiting): void => {
    for (const next of requests.splice(0)) if (socket.writable) next();
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const turn = queue.splice(0, connectionsPerTurn);
      room = connectionsPerTurn - turn.length;
      if (turn.length > 0) schedule();
      for (const waiting of turn) admit(waiting);
    });
  };
  return ({ socket }, _response, next) => {
    schedule();
    const waiting = waitingOf(socket);
    if (waiting.requests.length > 0) {
      waiting.requests.push(next);
      if (waiting.requests.length < MAX_WAITING_A_CONNECTION) return;
      queue.splice(queue.indexOf(waiting), 1);
      admit(waiting);
    } else if (room > 0) {
      room -= 1;
      next();
    } else {
      waiting.requests.push(next);
      queue.push(waiting);
    }
  };
}
