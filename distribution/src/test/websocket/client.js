'use strict';
// Does with a WebSocket server at the given URL what people do; ends with status 0 if all went well.
const assert = require('assert');
const crypto = require('crypto');
const { once } = require('events');
const WebSocket = require('ws');
const base = process.argv[2];
const own = { rejectUnauthorized: false };

async function open(path, protocols = [], options = {}) {
  const socket = new WebSocket(base + path, protocols, { ...own, maxPayload: 64 << 20, ...options });
  await once(socket, 'open');
  return socket;
}

async function closed(socket, code, reason) {
  const gone = once(socket, 'close');
  socket.close(code, reason);
  return (await gone)[0];
}

async function texts() {
  const socket = await open('/', ['other', 'chat']);
  assert.strictEqual(socket.protocol, 'chat');
  assert.match(socket.extensions, /permessage-deflate/);
  for (let i = 0; i < 1000; i++) {
    socket.send('message ' + i + ' ä€');
    const [message, binary] = await once(socket, 'message');
    assert.strictEqual(message.toString(), 'message ' + i + ' ä€');
    assert.strictEqual(binary, false);
  }
  assert.strictEqual(await closed(socket, 4000, 'done'), 4000);
}

async function large(perMessageDeflate) {
  const socket = await open('/', [], { perMessageDeflate });
  const much = crypto.randomBytes(8 << 20);
  for (let i = 0; i < 3; i++) socket.send(much);
  for (let i = 0; i < 3; i++) {
    const [message, binary] = await once(socket, 'message');
    assert.ok(binary && much.equals(message));
  }
  await closed(socket, 1000);
}

async function fragments() {
  const socket = await open('/', [], { perMessageDeflate: false });
  for (let i = 0; i < 99; i++) socket.send('part ' + i + ' ', { fin: false });
  socket.send('end', { fin: true });
  const [message] = await once(socket, 'message');
  assert.strictEqual(message.toString(), Array.from({ length: 99 }, (_, i) => 'part ' + i + ' ').join('') + 'end');
  await closed(socket, 1000);
}

async function pings() {
  const socket = await open('/');
  socket.ping('are you there');
  const [payload] = await once(socket, 'pong');
  assert.strictEqual(payload.toString(), 'are you there');
  await closed(socket, 1000);
}

async function ends() {
  const bye = await open('/bye');
  const [code, reason] = await once(bye, 'close');
  assert.strictEqual(code, 4001);
  assert.strictEqual(reason.toString(), 'bye from the server');
  const gone = await open('/gone');
  assert.strictEqual((await once(gone, 'close'))[0], 1006);
}

async function refusal() {
  const socket = new WebSocket(base + '/forbidden', own);
  const [request, response] = await once(socket, 'unexpected-response');
  assert.strictEqual(response.statusCode, 401);
  let body = '';
  for await (const part of response) body += part;
  assert.strictEqual(body, 'who are you');
  request.destroy();
}

async function many() {
  const sockets = await Promise.all(Array.from({ length: 200 }, () => open('/')));
  for (let round = 0; round < 20; round++) {
    const answers = sockets.map(socket => once(socket, 'message'));
    sockets.forEach((socket, i) => socket.send(round + ' ' + i));
    (await Promise.all(answers)).forEach(([message], i) => assert.strictEqual(message.toString(), round + ' ' + i));
  }
  await Promise.all(sockets.map(socket => closed(socket, 1000)));
}

(async () => {
  await texts();
  await large(false);
  await large(true);
  await fragments();
  await pings();
  await ends();
  await refusal();
  await many();
  console.log('all went well');
  process.exit(0); // a connection whose upgrade was refused is kept alive, and would keep us alive
})().catch(error => {
  console.log(error);
  process.exit(1);
});
