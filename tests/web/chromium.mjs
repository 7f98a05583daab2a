// A real Chromium without a window, spoken to over its debugging pipe: no port, no package.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome"];

export class Chromium {
	static async start(options = {}) {
		const b = new Chromium();

		b.folder = mkdtempSync(join(tmpdir(), "flashline-chromium-"));
		b.waiting = new Map();
		b.listeners = [];
		b.lastId = 0;
		b.rest = "";
		b.process = spawn(options.program || names[0], [
			"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--hide-scrollbars", "--no-first-run", "--disable-extensions", "--mute-audio",
			"--disable-background-networking", "--disable-component-update", "--no-proxy-server",
			"--disable-sync", "--remote-debugging-pipe", "--user-data-dir=" + b.folder, "about:blank",
		], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
		b.process.on("exit", () => b.fail(new Error("Chromium has ended")));
		b.process.on("error", (e) => b.fail(e));
		b.process.stdio[4].setEncoding("utf8");
		b.process.stdio[4].on("data", (text) => b.read(text));
		await b.send("Browser.getVersion");
		return b;
	}

	fail(error) {
		for (const { reject } of this.waiting.values())
			reject(error);
		this.waiting.clear();
	}

	read(text) {
		const messages = (this.rest + text).split("\0");

		this.rest = messages.pop();
		for (const text of messages) {
			const message = JSON.parse(text);
			const wait = message.id && this.waiting.get(message.id);

			if (wait) {
				this.waiting.delete(message.id);
				if (message.error)
					wait.reject(new Error(wait.method + ": " + message.error.message));
				else
					wait.resolve(message.result);
			} else {
				for (const listener of this.listeners)
					listener(message);
			}
		}
	}

	send(method, params = {}, sessionId = undefined) {
		const id = ++this.lastId;

		return new Promise((resolve, reject) => {
			this.waiting.set(id, { resolve, reject, method });
			this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
		});
	}

	async page(url, { width = 1280, height = 800, language = "en" } = {}) {
		const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
		const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
		const page = new Page(this, targetId, sessionId);

		await page.send("Page.enable");
		await page.send("Runtime.enable");
		await page.send("Log.enable");
		await page.size(width, height);
		await page.send("Emulation.setLocaleOverride", { locale: language });
		await page.send("Page.addScriptToEvaluateOnNewDocument", {
			source: `Object.defineProperty(navigator, "languages", { get: () => [${JSON.stringify(language)}] });`,
		});
		if (url)
			await page.send("Page.navigate", { url });
		return page;
	}

	async close() {
		const ended = new Promise((resolve) => this.process.on("exit", resolve));

		this.send("Browser.close").catch(() => {});
		const timer = setTimeout(() => this.process.kill("SIGKILL"), 5000);
		await ended;
		clearTimeout(timer);
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

class Page {
	constructor(browser, targetId, sessionId) {
		this.browser = browser;
		this.targetId = targetId;
		this.sessionId = sessionId;
		this.troubles = []; // what the page complained about: exceptions, refused policies
		browser.listeners.push((m) => {
			if (m.sessionId !== sessionId)
				return;
			if (m.method === "Runtime.exceptionThrown")
				this.troubles.push(m.params.exceptionDetails.exception?.description
					|| m.params.exceptionDetails.text);
			if (m.method === "Log.entryAdded" && m.params.entry.level === "error")
				this.troubles.push(m.params.entry.text + " " + (m.params.entry.url || ""));
		});
	}

	send(method, params) {
		return this.browser.send(method, params, this.sessionId);
	}

	size(width, height) {
		return this.send("Emulation.setDeviceMetricsOverride",
			{ width, height, deviceScaleFactor: 1, mobile: false });
	}

	async evaluate(code) {
		const { result, exceptionDetails } = await this.send("Runtime.evaluate",
			{ expression: code, awaitPromise: true, returnByValue: true });

		if (exceptionDetails)
			throw new Error(code + ": " + (exceptionDetails.exception?.description || exceptionDetails.text));
		return result.value;
	}

	// Until the code is true: a condition, never a time. Fails after 30 s with what it was instead.
	async until(code, what = code) {
		const end = Date.now() + 30000;
		let last;

		while (Date.now() < end) {
			last = await this.evaluate(code).catch((e) => e.message);
			if (last === true)
				return;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		throw new Error("never came to be: " + what + " (it is " + JSON.stringify(last) + ")");
	}

	async screenshot(path) {
		const kind = path.endsWith(".webp") ? { format: "webp", quality: 75 } : { format: "png" };
		const { data } = await this.send("Page.captureScreenshot", kind);

		writeFileSync(path, Buffer.from(data, "base64"));
	}

	async print(path) {
		const { data } = await this.send("Page.printToPDF", { landscape: true, preferCSSPageSize: true });

		writeFileSync(path, Buffer.from(data, "base64"));
	}

	close() {
		return this.browser.send("Target.closeTarget", { targetId: this.targetId });
	}
}
