'use strict';
// A WebSocket server that says again what it hears. With a certificate and a key: over TLS, where it
// also speaks HTTP/2, in which there are no WebSockets.
const fs = require('fs');
const { WebSocketServer } = require('ws');
const [certificate, key] = process.argv.slice(2);
const plain = (request, response) => {
  response.writeHead(426, { 'Content-Length': 0, 'X-Version': request.httpVersion });
  response.end();
};
const server = certificate
  ? require('http2').createSecureServer(
      { cert: fs.readFileSync(certificate), key: fs.readFileSync(key), allowHTTP1: true }, plain)
  : require('http').createServer(plain);
const sockets = new WebSocketServer({
  server,
  maxPayload: 64 << 20,
  perMessageDeflate: { threshold: 0 },
  handleProtocols: protocols => (protocols.has('chat') ? 'chat' : false),
  verifyClient: ({ req }, answer) => (req.url === '/forbidden' ? answer(false, 401, 'who are you') : answer(true)),
});
sockets.on('connection', (socket, request) => {
  socket.on('message', (message, binary) => socket.send(message, { binary }));
  socket.on('ping', payload => console.log('ping ' + payload));
  socket.on('close', (code, reason) => console.log('closed ' + code + ' ' + reason));
  socket.on('error', error => console.log('error ' + error));
  if (request.url === '/bye') socket.close(4001, 'bye from the server');
  if (request.url === '/gone') socket.terminate();
});
server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
