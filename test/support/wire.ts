// Bytes on a socket, which an HTTP client would hide or refuse to send.
import { connect } from 'node:net';

/** One answer as it was received. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes and returns all that is received until the server closes, or until `idleMs` pass without a byte. */
export function exchange(url: string, bytes: string | Buffer, idleMs = 5_000): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.setEncoding('latin1').setTimeout(idleMs, () => socket.destroy());
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (text: string) => {
      received += text;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The server may close while a large request is still on its way.
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    socket.on('close', () => resolve(received));
  });
}

/** The answers in what was received, by their Content-Length; a 204 has no content. */
export function answersIn(received: string): WireAnswer[] {
  const answers: WireAnswer[] = [];
  for (let rest = received; rest !== ''; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const end = headEnd + 4 + Number(headers['content-length'] ?? 0);
    answers.push({ status: Number(statusLine.split(' ')[1]), headers, body: rest.slice(headEnd + 4, end) });
    rest = rest.slice(end);
  }
  return answers;
}

/** Sends one request and returns its answer. @throws unless exactly one answer is received */
export async function ask(url: string, bytes: string | Buffer, idleMs = 20_000): Promise<WireAnswer> {
  const answers = answersIn(await exchange(url, bytes, idleMs));
  const [answer] = answers;
  if (answer === undefined || answers.length !== 1) throw new Error(`${answers.length} answers instead of one`);
  return answer;
}

/** The text of a request without a body. It asks to close the connection unless the headers say otherwise. */
export function requestText(line: string, headers: Readonly<Record<string, string>> = {}): string {
  const fields = Object.entries({ Host: 'localhost', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${line} HTTP/1.1\r\n${fields.join('')}\r\n`;
}
