import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Express } from 'express';

/** The classes that node:http makes requests and responses of. */
type MessageClasses = Required<Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>>;

/**
 * Classes whose objects are born with the prototypes that Express gives every request and response. It would change them
 * one by one, and V8 of Node 20 then takes the slow way at every access (express issue 5998): without them the mock
 * answers 4,000 instead of 7,600 requests a second.
 */
export function messageClassesOf(app: Express): MessageClasses {
  return {
    IncomingMessage: withPrototype(IncomingMessage, app.request),
    ServerResponse: withPrototype(ServerResponse, app.response),
  };
}

/** node:http's constructors are plain functions, and are called as such. */
function withPrototype<Class>(original: Class, prototype: object): Class {
  function Message(this: object, ...parameters: unknown[]) {
    Reflect.apply(original as CallableFunction, this, parameters);
  }
  Message.prototype = prototype;
  return Message as Class;
}
