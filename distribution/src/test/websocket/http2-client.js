'use strict';
// Opens WebSockets over HTTP/2 (RFC 8441), many on one connection, and does with the server of server.js
// what people do; ends with status 0 if all went well.
const assert = require('assert');
const crypto = require('crypto');
const http2 = require('http2');
const { once } = require('events');
const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** A WebSocket's frames (RFC 6455, 5.2) on a stream. */
class Socket {
  constructor(stream) {
    this.stream = stream;
    this.bytes = Buffer.alloc(0);
    this.messages = [];
    this.waiting = [];
    this.ended = new Promise(resolve => stream.once('end', resolve));
    stream.on('data', data => {
      this.bytes = Buffer.concat([this.bytes, data]);
      for (let frame = this.take(); frame; frame = this.take()) {
        const wanted = this.waiting.shift();
        if (wanted) wanted(frame); else this.messages.push(frame);
      }
    });
  }

  take() {
    if (this.bytes.length < 2) return null;
    let length = this.bytes[1] & 127, start = 2;
    if (length === 126) { if (this.bytes.length < 4) return null; length = this.bytes.readUInt16BE(2); start = 4; }
    if (length === 127) { if (this.bytes.length < 10) return null; length = Number(this.bytes.readBigUInt64BE(2)); start = 10; }
    if (this.bytes.length < start + length) return null;
    const frame = [this.bytes[0] & 15, this.bytes.subarray(start, start + length)];
    this.bytes = this.bytes.subarray(start + length);
    return frame;
  }

  send(opcode, payload) {
    const head = payload.length < 126 ? Buffer.from([128 | opcode, 128 | payload.length])
      : Buffer.alloc(10);
    if (payload.length >= 126) {
      head[0] = 128 | opcode;
      head[1] = 128 | 127;
      head.writeBigUInt64BE(BigInt(payload.length), 2);
    }
    const mask = crypto.randomBytes(4);
    this.stream.write(Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i & 3])]));
  }

  next() {
    return this.messages.length ? this.messages.shift() : new Promise(resolve => this.waiting.push(resolve));
  }

  async echo(opcode, payload) {
    this.send(opcode, payload);
    const [kind, said] = await this.next();
    assert.strictEqual(kind, opcode);
    assert.ok(payload.equals(said));
  }

  async close(code) {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    await this.echo(CLOSE, payload);
    this.stream.end();
    await this.ended;
  }
}

async function open(session, path) {
  const stream = session.request({
    ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https', ':path': path,
    ':authority': 'localhost', 'sec-websocket-version': '13',
  });
  const [head] = await once(stream, 'response');
  return [head[':status'], new Socket(stream)];
}

(async () => {
  const session = http2.connect(process.argv[2], { rejectUnauthorized: false });
  const [settings] = await once(session, 'remoteSettings');
  assert.strictEqual(settings.enableConnectProtocol, true);

  const opened = await Promise.all(Array.from({ length: 50 }, () => open(session, '/')));
  await Promise.all(opened.map(async ([status, socket], i) => {
    assert.strictEqual(status, 200);
    for (let round = 0; round < 100; round++) await socket.echo(TEXT, Buffer.from(round + ' of ' + i));
    await socket.close(1000);
  }));

  const [, large] = await open(session, '/');
  for (let i = 0; i < 3; i++) await large.echo(BINARY, crypto.randomBytes(2 << 20));
  large.send(PING, Buffer.from('are you there'));
  const [kind, payload] = await large.next();
  assert.strictEqual(kind, PONG);
  assert.strictEqual(payload.toString(), 'are you there');
  await large.close(1000);

  const [, bye] = await open(session, '/bye');
  const [closing, reason] = await bye.next();
  assert.strictEqual(closing, CLOSE);
  assert.strictEqual(reason.readUInt16BE(0), 4001);
  bye.stream.close();

  const [refused] = await open(session, '/forbidden');
  assert.strictEqual(refused, 401);
  console.log('all went well');
  process.exit(0);
})().catch(error => {
  console.log(error);
  process.exit(1);
});
