// Flash one unit with esptool-js as its own web page calls it: main(), writeFlash() compressed
// with its MD5 option, after(). Ends 0 when that says it is done.
//
//   node peer.mjs --modules DIR --port /dev/ttyUSB0 --usb 10c4:ea60 ADDRESS:FILE...
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { WebSerialPort } from "../client/port.mjs";

const { values: options, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		modules: { type: "string" },
		port: { type: "string" },
		usb: { type: "string" },
		rate: { type: "string", default: "921600" }, // the page's first choice
	},
});
const modules = resolve(options.modules);
const { LinuxBinding } = createRequire(join(modules, "."))("@serialport/bindings-cpp");
const { ESPLoader, Transport } = await import(
	pathToFileURL(join(modules, "esptool-js/lib/index.js")).href
);
const files = positionals.map((text) => {
	const [address, ...name] = text.split(":");
	return { address: Number(address), data: new Uint8Array(readFileSync(name.join(":"))) };
});

const terminal = { clean() {}, write: (s) => console.log(s), writeLine: (s) => console.log(s) };
try {
	const transport = new Transport(new WebSerialPort(LinuxBinding, options.port, options.usb));
	const loader = new ESPLoader({ transport, baudrate: Number(options.rate), terminal });
	await loader.main();
	await loader.writeFlash({
		fileArray: files,
		flashMode: "keep",
		flashFreq: "keep",
		flashSize: "keep",
		eraseAll: false,
		compress: true,
		calculateMD5Hash: (image) => createHash("md5").update(image).digest("hex"),
	});
	await loader.after();
	await transport.disconnect();
	process.exit(0);
} catch (error) {
	console.log(`${error.stack ?? error}`);
	process.exit(1);
}
