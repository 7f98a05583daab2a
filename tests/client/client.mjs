// Flash one unit with Espressif's own JavaScript flasher, esptool-js, over an ordinary serial
// port, and say on standard output what it saw, as one JSON object.
//
//   node client.mjs --modules DIR --port /dev/ttyUSB0 --usb 10c4:ea60 --rate 460800
//                   [--reopen] ADDRESS:FILE...
//
// Each FILE is written compressed to its ADDRESS, proven by the chip's MD5, read back and
// compared. Ends 0 only when all of that held. DIR is the node_modules folder that has
// package-lock.json's packages. With --reopen the port is closed and opened again to change
// the rate, as browsers do; otherwise it stays open.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { WebSerialPort } from "./port.mjs";

const { values: options, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		modules: { type: "string" },
		port: { type: "string" },
		usb: { type: "string" },
		rate: { type: "string" },
		reopen: { type: "boolean", default: false },
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
const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
const log = [];
const terminal = {
	clean() {},
	write: (text) => log.push(text),
	writeLine: (text) => log.push(text),
};

const port = new WebSerialPort(LinuxBinding, options.port, options.usb);
if (options.reopen) port.setBaudRate = undefined;
const loader = new ESPLoader({
	transport: new Transport(port),
	baudrate: Number(options.rate),
	romBaudrate: 115200,
	terminal,
});
// Transport tells of its read loop's end on the console, which is the JSON's here.
loader.transport.trace = (text) => log.push(text);

async function flash() {
	const seen = { chip: await loader.main() };
	seen.name = loader.chip.CHIP_NAME;
	seen.mac = await loader.chip.readMac(loader);
	seen.features = await loader.chip.getChipFeatures(loader);
	seen.crystal = await loader.chip.getCrystalFreq(loader);
	seen.flash_id = (await loader.readFlashId()).toString(16);
	seen.stub = loader.IS_STUB;
	seen.rate = loader.baudrate;
	await loader.writeFlash({
		fileArray: files,
		flashSize: "keep",
		flashMode: "keep",
		flashFreq: "keep",
		eraseAll: false,
		compress: true,
		calculateMD5Hash: md5,
	});
	seen.md5 = [];
	for (const { address, data } of files) {
		const chips = await loader.flashMd5sum(address, data.length);
		seen.md5.push(chips);
		if (chips !== md5(data)) throw new Error(`MD5 of 0x${address.toString(16)}: ${chips}`);
		const back = await loader.readFlash(address, data.length);
		if (!Buffer.from(back).equals(Buffer.from(data)))
			throw new Error(`what was read back from 0x${address.toString(16)} differs`);
	}
	// A pulse on EN with IO0 free: the application starts. (The package's own HardReset only
	// ends a pulse.)
	await loader.transport.setSignals(false, true);
	await new Promise((done) => setTimeout(done, 100));
	await loader.transport.setSignals(false, false);
	return seen;
}

try {
	const seen = await flash();
	await loader.transport.disconnect();
	console.log(JSON.stringify(seen));
	process.exit(0);
} catch (error) {
	console.error(log.join("\n"));
	console.error(`${options.port}: ${error.stack ?? error}`);
	process.exit(1);
}
