// A socket of another protocol: `node protocol.mjs URL PROTOCOL`. Prints the code it is closed with.
import WebSocket from "ws";

const [url, protocol] = process.argv.slice(2);
const socket = protocol ? new WebSocket(url, protocol) : new WebSocket(url);
socket.on("close", (code, reason) => console.log(JSON.stringify({ closed: code, reason: String(reason) })));
socket.on("error", (error) => console.log(JSON.stringify({ broken: error.message })));
