// Replies whose text is made once: what changes from request to request is the request id.
import type { Response } from 'express';
import { contextOf } from '../context.ts';
import { hasUnreadBody } from '../message.ts';
import { REQUEST_ID_HEADER } from '../request-id.ts';
import type { AnyReply } from './reply.ts';
import { fixedHeaders, JSON_TYPE, send } from './send.ts';

/** Sends a reply with the request id of its request. */
export type ReplyTemplate = (response: Response) => void;

/** Stands for the request id. Neither it nor any request id has a character that JSON would escape. */
const PLACE = '-the-request-id-';

const start = [...Object.entries(fixedHeaders).flat(), REQUEST_ID_HEADER];

/** @param replyWith the reply, with the request id at one place of its body at most */
export function createTemplate(replyWith: (requestId: string) => AnyReply): ReplyTemplate | undefined {
  const { status, headers = {}, body } = replyWith(PLACE);
  const rest = Object.entries(headers).flat() as string[];
  if (body === undefined) {
    return (response) => void response.writeHead(status, [...start, contextOf(response).requestId, ...rest]).end();
  }
  const [before = '', after, ...more] = JSON.stringify(body).split(PLACE);
  if (after === undefined || more.length > 0 || !isAscii(before + after)) return undefined;
  return (response) => {
    const { requestId } = contextOf(response);
    if (hasUnreadBody(response.req)) {
      send(response, replyWith(requestId));
      return;
    }
    const text = before + requestId + after;
    // Every character is a byte, so that node:http need not look for others.
    const list = [...start, requestId, ...rest, 'Content-Type', JSON_TYPE, 'Content-Length', String(text.length)];
    response.writeHead(status, list).end(text, 'latin1');
  };
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
