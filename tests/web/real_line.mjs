// A real line for a browser: the simulated bench, and 'flashline run' on it with a station file.
// What hands do is told line by line to a shell below the bench.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const RECIPE = `recipe: core2-factory-test
revision: 7
target: {chip: esp32, flash_size: 4MB}
images:
  - {file: firmware/bootloader.bin, address: 0x1000}
  - {file: firmware/partitions.bin, address: 0x8000}
  - {file: firmware/app.bin, partition: app0}
`;

export class RealLine {
	// build: the folder of flashline and m5sim. station: keys of the station file behind its name;
	// recipe: keys of the recipe behind its images; files: more files, by name; orders: what
	// 'flashline' is to do before the line begins.
	static async start(build, { slots = 4, station = "", recipe = "", files = {}, orders = [] } = {}) {
		const l = new RealLine();

		l.build = resolve(build); // the programs are started elsewhere
		l.folder = mkdtempSync(join(tmpdir(), "flashline-line-"));
		l.heard = [];
		execFileSync(join(l.build, "make_firmware"), [join(l.folder, "firmware"), "esp32",
			"--app-size", "8K", "--flash-size", "4MB"]);
		l.write("recipe.yaml", RECIPE + recipe);
		l.write("bench.yaml", `nests: ${slots}\nseed: 5\n`);
		l.write("station.yaml", `station: line-3\n${station.includes("recipe:") ? "" : "recipe: recipe.yaml\n"}${station}slots:\n`
			+ Array.from({ length: slots }, (_, i) =>
				`  - {number: ${i + 1}, at: "pci-0000:00:14.0/${RealLine.nest(i + 1)}:1.0"}\n`).join(""));
		for (const [name, text] of Object.entries(files))
			l.write(name, text);
		for (const order of orders)
			execFileSync(join(l.build, "flashline"), [...order.split(" "), "--db", "q.db"],
				{ cwd: l.folder, stdio: "ignore" });
		l.bench = spawn(join(l.build, "m5sim"), ["run", "bench.yaml", "--", "sh", "-c",
			'while read -r order; do eval "$order"; done'],
		{ cwd: l.folder, stdio: ["pipe", "pipe", "inherit"] });
		createInterface({ input: l.bench.stdout }).on("line", (line) => l.heard.push(line));
		l.ended = new Promise((resolve) => l.bench.once("exit", resolve));
		return l;
	}

	static nest(number) {
		return `${1 + Math.floor((number - 1) / 7)}.${1 + (number - 1) % 7}`;
	}

	write(name, text) {
		writeFileSync(join(this.folder, name), text);
	}

	read(name) {
		return readFileSync(join(this.folder, name), "utf8");
	}

	order(text) {
		this.bench.stdin.write(text + "\n");
	}

	// The first line that was heard since, and that the pattern fits.
	async wait(pattern, from = 0) {
		const end = Date.now() + 30000;

		for (;;) {
			const found = this.heard.slice(from).find((line) => pattern.test(line));

			if (found)
				return found;
			if (Date.now() > end || this.bench.exitCode !== null)
				throw new Error(`never heard ${pattern} of the line:\n${this.heard.join("\n")}`);
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}

	// One order, and until it is done; what it said goes to heard.
	async run(text) {
		const mark = `--- ${this.marks = (this.marks || 0) + 1}`, from = this.heard.length;

		this.order(`{ ${text}; } 2>&1; echo '${mark}'`);
		await this.wait(new RegExp(`^${mark}$`), from);
	}

	control(...words) {
		return this.run(`'${join(this.build, "m5sim")}' control ` + words.map((w) => `'${w}'`).join(" "));
	}

	async plug(number, name, unit) {
		if (unit)
			await this.control("new", name, unit);
		await this.control("plug", RealLine.nest(number), name);
	}

	unplug(number) {
		return this.control("unplug", RealLine.nest(number));
	}

	// The station, as it is started on the line; its address.
	async begin(port = 0, options = "") {
		const from = this.heard.length;

		this.order(`'${join(this.build, "flashline")}' run station.yaml --db q.db --web 127.0.0.1:${port} ${options} </dev/null 2>&1 & station=$!`);
		this.address = (await this.wait(/the page of the line: http/, from)).replace(/.*(http\S*)/, "$1");
		this.url = this.address.replace(/#.*/, "");
		return this.address;
	}

	// A signal for the station, and until it has ended.
	async end(signal = "TERM") {
		await this.run(`kill -${signal} $station; wait $station`);
	}

	async stop() {
		/* The shell ends with its input, unless it waits for a station that does not end. */
		const timer = setTimeout(() => this.bench.kill("SIGTERM"), 5000);

		this.bench.stdin.end();
		if (this.bench.exitCode === null && this.bench.signalCode === null)
			await this.ended;
		clearTimeout(timer);
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}
}
