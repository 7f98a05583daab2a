// The page in a real Chromium, with a real line behind it: the simulated bench and 'flashline run'.
//   node tests/web/line.mjs BUILD [NAME...]
// Waits for conditions, never for time. Ends 0 when every test passed.
import assert from "node:assert/strict";
import { Chromium } from "./chromium.mjs";
import { RealLine } from "./real_line.mjs";
import { runTests } from "./run_tests.mjs";

const [build, ...wanted] = process.argv.slice(2);
const tests = [];
const test = (name, run) => tests.push({ name, run });
let browser;

const GOOD = "{chip: esp32, bridge: cp2104}";
const OTHER_CHIP = "{chip: esp32c3, bridge: cp2104}";
const LABEL = { recipe: "serial: {from: scan}\nlabel: {template: label.txt, kind: text, scan_back: yes}\n",
	files: { "label.txt": "S/N {serial}\n" } };

// What a person does on the page, and sees there.
class Person {
	constructor(page) {
		this.page = page;
	}

	click(selector) {
		return this.page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
	}

	async open(slot) {
		await this.click(`.tile[data-slot="${slot}"]`);
		await this.page.until(`document.getElementById("sheet").open
			&& document.getElementById("sheet").dataset.slot === "${slot}"`);
	}

	/* The dialog that asks for something is filled in and sent. */
	async answer(values) {
		await this.page.until(`document.getElementById("ask").open`);
		await this.page.evaluate(`(() => {
			for (const [name, value] of Object.entries(${JSON.stringify(values)}))
				document.querySelector('#ask [name="' + name + '"]').value = value;
			document.getElementById("ask-ok").click();
		})()`);
		await this.page.until(`!document.getElementById("ask").open`);
	}

	scan(code) {
		return this.page.evaluate(`(() => {
			for (const key of [...${JSON.stringify(code)}, "Enter"])
				document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
		})()`);
	}

	sees(slot, word) {
		return this.page.until(`document.querySelector('.tile[data-slot="${slot}"] .word').textContent === ${JSON.stringify(word)}`);
	}

	reads(id, text) {
		return this.page.until(`document.getElementById("${id}").innerText.includes(${JSON.stringify(text)})`);
	}

	/* An answer or news; what is gone by now counts as well. */
	hears(text) {
		return this.page.until(`document.getElementById("toast").textContent.includes(${JSON.stringify(text)})`);
	}

	speaks(language) {
		return this.click(`[data-language="${language}"]`);
	}
}

async function withLine(options, run) {
	const line = await RealLine.start(build, options);
	let page;

	try {
		await line.begin();
		page = await browser.page(line.address);
		await page.until(`document.querySelectorAll(".tile").length === ${options.slots} && location.hash === ""
			&& document.getElementById("connection").textContent === "live"`);
		await run(new Person(page), line);
	} finally {
		if (page)
			await page.evaluate("localStorage.clear()").then(() => page.close());
		await line.stop();
	}
}

test("scans: a number for the next unit and for a slot, a label, a wrong label", () => withLine({ slots: 2, ...LABEL,
	station: `printer: {command: "cat >>labels.txt"}\nscanner: {serial: "^M5C2-[0-9]{6}$"}\n` }, async (person, line) => {
	await person.scan("nonsense");
	await person.hears("Refused: 'nonsense' is no serial number");
	await person.scan("M5C2-000001");
	await person.hears("the next unit gets M5C2-000001");
	await line.plug(1, "a", GOOD);
	await line.plug(2, "b", GOOD);
	await person.sees(2, "SCAN No.");
	await person.scan("SLOT:2");
	await person.hears("slot 2: scan the number of its unit now");
	await person.speaks("zh");
	await person.scan("M5C2-000002");
	await person.hears("2 号槽位：设备的序列号为 M5C2-000002");
	await person.sees(1, "请扫标签");
	await person.speaks("en");
	await person.sees(2, "SCAN LABEL");
	await person.scan("M5C2-000001");
	await person.sees(1, "PASS");
	// Another unit's label, on the unit of slot 2.
	await person.scan("SLOT:02");
	await person.hears("slot 2: scan");
	await person.scan("M5C2-000001");
	await person.sees(2, "WRONG LABEL");
	await person.reads("alarms", "SLOT 2 LOCKED: wrong label");
	await person.scan("M5C2-000002");
	await person.sees(2, "PASS");
	await person.page.until(`document.getElementById("alarms").innerText === ""`);
	assert.deepEqual(line.read("labels.txt").split("\n").sort().slice(1), ["S/N M5C2-000001", "S/N M5C2-000002"]);
}));

test("locks, slots out of use, batch, recipe, drain: what a line lead does", () => withLine({ slots: 3,
	station: `recipe: [recipe.yaml, other.yaml]\nbatch: B-1\nlockouts: {slot_failures: 2}\n`,
	files: { "other.yaml": "nonsense: 1\n" }, orders: ["batch open B-1 --quantity 1 --operator Kim", "batch open B-2 --quantity 9 --operator Kim"] },
async (person, line) => {
	for (const name of ["a", "b"]) {
		await line.plug(1, name, OTHER_CHIP);
		await person.sees(1, "ERROR");
		await line.unplug(1);
		await person.page.until(`["Empty", "LOCKED"].includes(document.querySelector('.tile[data-slot="1"] .word').textContent)`);
	}
	await person.reads("alarms", "SLOT 1 LOCKED: fails again and again");
	await person.sees(1, "LOCKED");
	await person.click(".alarm button");
	await person.answer({ operator: "Lee", text: "cable changed" });
	await person.hears("fails again and again is overridden by Lee: cable changed");
	await person.sees(1, "Empty");
	await person.open(2);
	await person.click('[data-action="disable"]');
	await person.answer({ operator: "Lee", text: "pins bent" });
	await person.sees(2, "OFF");
	await person.open(2);
	await person.reads("sheet-body", "pins bent");
	await person.click('[data-action="enable"]');
	await person.answer({ operator: "Lee" });
	await person.sees(2, "Empty");
	await line.plug(3, "c", GOOD);
	await person.sees(3, "PASS");
	await person.reads("alarms", "BATCH COMPLETE: B-1");
	await person.click(".alarm button");
	await person.answer({ text: "B-2" });
	await person.reads("batch-name", "B-2");
	await person.page.until(`document.getElementById("alarms").innerText === ""`);
	await person.click("#menu");
	await person.page.until(`document.querySelectorAll('[data-action="recipe"]').length === 3`);
	await person.page.evaluate(`[...document.querySelectorAll('[data-action="recipe"]')].find((b) => b.textContent.includes("other")).click()`);
	await person.hears("the recipe stays as it is: other.yaml:1:1: error: unknown key 'nonsense'");
	await person.click("#menu");
	await person.click('[data-action="drain"]');
	await person.answer({});
	await person.reads("alarms", "The station has ended");
	await person.reads("lost-title", "THE STATION HAS ENDED");
}));

test("a station that is killed and comes back is believed again only then", () => withLine({ slots: 2 }, async (person, line) => {
	const port = new URL(line.url).port;

	await line.plug(1, "a", GOOD);
	await person.sees(1, "PASS");
	await line.end("KILL");
	await person.sees(1, "?");
	await person.reads("lost-title", "NO CONNECTION TO THE STATION");
	await line.unplug(1);
	await line.begin(port);
	await person.sees(1, "Empty");
	// The token of the start before opens nothing any more.
	await person.open(1);
	await person.click('[data-action="retest"]');
	await person.answer({ token: line.address.replace(/.*#token=/, "") });
	await person.hears("slot 1: the next unit is run whatever it got before");
}));

browser = await Chromium.start();
// All at once: they mostly wait.
const failed = await runTests(tests, wanted, { atOnce: true });
await browser.close();
process.exit(failed ? 1 : 0);
