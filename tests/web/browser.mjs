// The page in a real Chromium, on a stage (tests/web/stage.c):
//   node tests/web/browser.mjs STAGE [NAME...]
// Waits for conditions, never for time. Ends 0 when every test passed.
import assert from "node:assert/strict";
import { Chromium } from "./chromium.mjs";
import { runTests } from "./run_tests.mjs";
import { Stage } from "./stage.mjs";

const [program, ...wanted] = process.argv.slice(2);
const tests = [];
const test = (name, run) => tests.push({ name, run });
let browser;

async function withPage(options, run) {
	const stage = await Stage.start(program, ["--slots", String(options.slots ?? 64),
		"--columns", String(options.columns ?? 8), ...(options.stage || [])]);
	const page = await browser.page(options.withToken ? stage.address : stage.url, options);

	try {
		await page.until(`document.querySelectorAll(".tile").length === ${options.slots ?? 64}`);
		await run(page, stage);
		if (!options.mayComplain)
			assert.deepEqual(page.troubles, []);
	} finally {
		await page.close();
		await stage.stop();
	}
}

const tile = (n) => `document.querySelector('.tile[data-slot="${n}"]')`;
const word = (n) => `${tile(n)}.querySelector(".word").textContent`;

// What a scanner does: keys faster than anybody types, and Enter.
const typed = (code) => `(() => {
	for (const key of [...${JSON.stringify(code)}, "Enter"]) {
		const at = document.activeElement || document.body;
		const e = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
		if (at.dispatchEvent(e) && key.length === 1 && at instanceof HTMLInputElement)
			at.value += key;
	}
	return true;
})()`;

async function heard(stage, text) {
	const end = Date.now() + 30000;

	while (!stage.heard.some((line) => line.includes(text))) {
		assert.ok(Date.now() < end, `the stage was never asked '${text}': ${stage.heard.join("; ")}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

for (const [width, height] of [[1280, 800], [1920, 1080], [1024, 768], [768, 1024]])
	test(`64 tiles need no scrolling at ${width} x ${height}, and no word is cut in any language`, () =>
		withPage({ width, height }, async (page) => {
			for (const language of ["en", "zh", "ja"]) {
				await page.evaluate(`document.querySelector('[data-language="${language}"]').click()`);
				await page.until(`document.documentElement.lang.startsWith("${language}")`);
				assert.deepEqual(await page.evaluate(`[...document.querySelectorAll(".tile")].filter((el) => {
					const r = el.getBoundingClientRect(), w = el.querySelector(".word");
					return r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight
						|| r.height < 44 || w.scrollWidth > w.clientWidth + 1;
				}).map((el) => el.dataset.slot + " " + el.innerText)`), [], language);
				assert.equal(await page.evaluate(
					"document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"), true);
			}
		}));

for (const [width, height] of [[390, 844], [844, 390]])
	test(`a phone of ${width} x ${height} shows four slots and everything in the head`, () =>
		withPage({ width, height, slots: 4, columns: width > height ? 4 : 2 }, async (page) => {
			assert.deepEqual(await page.evaluate(`[...document.querySelectorAll("header button, header a, header b, .tile")]
				.map((el) => [el, el.getBoundingClientRect()])
				.filter(([el, r]) => r.width && (r.left < 0 || r.right > innerWidth + 1 || r.bottom > innerHeight))
				.map(([el]) => el.id + el.innerText)`), []);
			assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
		}));

test("tiles stand as the fixture does, eight in a row", () => withPage({}, async (page) => {
	const tops = await page.evaluate(`[...document.querySelectorAll(".tile")].map((el) => el.offsetTop)`);

	for (let i = 0; i < 64; i++)
		assert.equal(tops[i], tops[i - i % 8]);
	assert.ok(tops[8] > tops[0]);
}));

test("a result appears with its word, its shape and its reason", () => withPage({ slots: 8, columns: 4 }, async (page, stage) => {
	stage.tell("pass 8");
	await page.until(`${word(8)} === "PASS"`);
	assert.equal(await page.evaluate(`${tile(8)}.classList.contains("PASS")`), true);
	stage.tell("fail 8 MD5_MISMATCH");
	await page.until(`${word(8)} === "FAIL"`);
	assert.match(await page.evaluate(`${tile(8)}.innerText`), /content differs[^]*set the unit aside/);
	await page.until(`document.getElementById("todo-list").innerText.includes("content differs")`);
	stage.tell("empty 8");
	await page.until(`${word(8)} === "Empty"`);
	assert.doesNotMatch(await page.evaluate(`${tile(8)}.innerText`), /content|PASS|FAIL|:/);
}));

test("no two outcomes share a word or a shape", () => withPage({}, async (page) => {
	const faces = await page.evaluate(`["PASS", "FAIL", "ERROR", "TIMEOUT", "ABORTED", "work", "empty", "off"].map((name) => {
		const el = document.querySelector(".tile." + name + ":not(.golden):not(.locked)");
		return [el.querySelector(".word").textContent, el.querySelector("use").getAttribute("href")];
	})`);

	assert.equal(new Set(faces.map((f) => f[0])).size, 8);
	assert.equal(new Set(faces.map((f) => f[1])).size, 8);
}));

for (const theme of ["light", "dark"]) test(`the words of results stand out 7 to 1, everything else 4.5 to 1, ${theme}`, () => withPage({}, async (page) => {
	await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme },
		{ name: "prefers-reduced-motion", value: "reduce" }] });
	await page.until(`document.documentElement.dataset.theme === "${theme}"`);
	const contrasts = await page.evaluate(`(() => {
		const light = (c) => c.map((v) => v / 255).map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
			.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
		const colours = (text) => [...text.matchAll(/rgba?\\(([^)]*)\\)/g)].map((m) => m[1].split(",").map(Number))
			.filter((c) => c.length < 4 || c[3] > 0).map((c) => c.slice(0, 3));
		const rows = [];
		for (const el of document.querySelectorAll(".tile")) {
			const s = getComputedStyle(el), ink = light(colours(s.color)[0]);
			/* The ground: a colour, or the inner gradient of a tape; of a fill both sides. */
			let grounds = colours(s.backgroundColor);
			if (s.backgroundImage !== "none")
				grounds = colours(s.backgroundImage).slice(0, 2);
			if (!grounds.length)
				grounds = colours(getComputedStyle(document.body).backgroundColor);
			if (el.classList.contains("work"))
				grounds.push(colours(getComputedStyle(el.querySelector(".fill")).backgroundColor)[0]);
			for (const g of grounds) {
				const [a, b] = [ink, light(g)].sort((x, y) => y - x);
				rows.push([el.className, (a + .05) / (b + .05)]);
			}
		}
		return rows;
	})()`);

	for (const [name, contrast] of contrasts) {
		const isResult = /PASS|FAIL|ERROR|TIMEOUT|ABORTED|work|before|label/.test(name);

		assert.ok(contrast >= (isResult ? 7 : 4.5), `${name}: ${contrast.toFixed(1)}`);
	}
}));

test("without a connection nothing old looks new", () => withPage({ mayComplain: true }, async (page, stage) => {
	const green = await page.evaluate(`getComputedStyle(document.querySelector(".tile.PASS")).backgroundColor`);

	await stage.stop();
	await page.until(`document.body.classList.contains("stale")`);
	await page.until(`!document.getElementById("lost").hidden`);
	assert.deepEqual(await page.evaluate(`[...document.querySelectorAll(".tile")].filter((el) =>
		el.querySelector(".word").textContent !== "?" || getComputedStyle(el).backgroundColor === ${JSON.stringify(green)}
	).length`), 0);
}));

test("a station that stands still is told apart from one that works", () => withPage({}, async (page, stage) => {
	stage.tell("hold");
	await page.until(`document.body.classList.contains("stale")`);
	assert.match(await page.evaluate(`document.getElementById("lost").innerText`), /DOES NOT REACT/);
	stage.tell("go");
	await page.until(`!document.body.classList.contains("stale")`);
	await page.until(`document.getElementById("lost").hidden && ${word(2)} !== "?"`);
}));

test("after a restart of the station the page shows the new one", () => withPage({ mayComplain: true, slots: 8 }, async (page, stage) => {
	const port = new URL(stage.url).port;

	await stage.stop();
	await page.until(`document.body.classList.contains("stale")`);
	const second = await Stage.start(program, ["--slots", "4", "--port", port]);

	try {
		await page.until(`document.querySelectorAll(".tile").length === 4`);
		await page.until(`!document.body.classList.contains("stale")`);
	} finally {
		await second.stop();
	}
}));

test("the language that was chosen is kept", () => withPage({ language: "ja", slots: 8 }, async (page, stage) => {
	await page.until(`${word(2)} === "合格"`);
	await page.evaluate(`document.querySelector('[data-language="zh"]').click()`);
	await page.until(`${word(6)} === "出错"`);
	await page.send("Page.navigate", { url: stage.url });
	await page.until(`document.querySelectorAll(".tile").length === 8 && ${word(6)} === "出错"`);
	await page.evaluate("localStorage.clear()");
}));

test("the token of the address lets in, and leaves the address", () => withPage({ withToken: true, slots: 8 }, async (page, stage) => {
	await page.until(`location.href === ${JSON.stringify(stage.url)}`);
	assert.equal(await page.evaluate(`fetch("/api/login").then((a) => a.json()).then((o) => o.in)`), true);
	assert.equal(await page.evaluate(`document.cookie`), "");
	await page.evaluate(`${tile(2)}.click()`);
	await page.until(`document.getElementById("sheet").open`);
	await page.evaluate(`document.querySelector('[data-action="retest"]').click()`);
	await heard(stage, "request retest slot 1");
	await page.until(`document.getElementById("toast").textContent === "done: retest"`);
}));

test("who changes something is asked for the token first", () => withPage({ slots: 8, mayComplain: true }, async (page, stage) => {
	await page.evaluate(`${tile(3)}.click()`);
	await page.until(`document.getElementById("sheet").open`);
	await page.evaluate(`document.querySelector('[data-action="retest"]').click()`);
	await page.until(`document.getElementById("ask").open`);
	await page.evaluate(`document.querySelector("#ask input").value = "wrong"; document.getElementById("ask-ok").click()`);
	await page.until(`document.getElementById("ask-error").textContent.includes("not the station's token")`);
	assert.deepEqual(stage.heard, []);
	await page.evaluate(`document.querySelector("#ask input").value = ${JSON.stringify(stage.token)}; document.getElementById("ask-ok").click()`);
	await heard(stage, "request retest slot 2");
	await page.until(`!document.getElementById("ask").open`);
}));

test("a slot is taken out of use with a name and a reason", () => withPage({ slots: 8, withToken: true }, async (page, stage) => {
	await page.until(`location.hash === ""`);
	await page.evaluate(`${tile(3)}.click()`);
	await page.until(`document.getElementById("sheet").open`);
	await page.evaluate(`document.querySelector('[data-action="disable"]').click()`);
	await page.until(`document.getElementById("ask").open`);
	await page.evaluate(`document.querySelector('#ask [name="operator"]').value = "Kim"; document.querySelector('#ask [name="text"]').value = "nest worn"; document.getElementById("ask-ok").click()`);
	await heard(stage, "request disable slot 2 code '' operator 'Kim' text 'nest worn'");
}));

test("a lock is shown with what to do, and overridden with a reason", () => withPage({ withToken: true }, async (page, stage) => {
	stage.tell("lock GOLDEN_DUE");
	await page.until(`document.getElementById("alarms").innerText.includes("plug in a golden unit")`);
	await page.evaluate(`document.querySelector(".alarm button").click()`);
	await page.until(`document.getElementById("ask").open`);
	await page.evaluate(`document.querySelector('#ask [name="operator"]').value = "Kim"; document.querySelector('#ask [name="text"]').value = "it is at the lab"; document.getElementById("ask-ok").click()`);
	await heard(stage, "request unlock slot -1 code 'GOLDEN_DUE' operator 'Kim' text 'it is at the lab'");
}));

test("why a lock holds is said in each language", () => withPage({}, async (page) => {
	for (const [language, words] of Object.entries({ zh: "连续 3 台未通过", ja: "3 台続けて合格していません", en: "3 in a row did not pass" })) {
		await page.evaluate(`document.querySelector('[data-language="${language}"]').click()`);
		await page.until(`document.getElementById("alarms").innerText.includes("(${words})")`);
	}
}));

test("a scan anywhere on the page goes to the line, once", () => withPage({ slots: 8, withToken: true }, async (page, stage) => {
	await page.until(`location.hash === ""`);
	await page.evaluate(typed("M5C2-000418"));
	await heard(stage, "request scan slot -1 code '' operator '' text 'M5C2-000418'");
	await page.evaluate(typed("M5C2-000418"));
	await page.evaluate(`${tile(2)}.focus()`);
	await page.evaluate(typed("SLOT:07"));
	await heard(stage, "text 'SLOT:07'");
	assert.equal(stage.heard.filter((line) => line.includes("000418")).length, 1);
	assert.equal(await page.evaluate(`document.getElementById("sheet").open`), false);
}));

test("a scan into a field is taken out of it again", () => withPage({ slots: 8, withToken: true }, async (page, stage) => {
	await page.until(`location.hash === ""`);
	await page.evaluate(`document.getElementById("operator").click()`);
	await page.until(`document.getElementById("ask").open`);
	await page.evaluate(`document.querySelector("#ask input").focus(); document.querySelector("#ask input").value = "Lee"`);
	await page.evaluate(typed("M5C2-000419"));
	await heard(stage, "request scan slot -1 code '' operator '' text 'M5C2-000419'");
	assert.equal(await page.evaluate(`document.querySelector("#ask input").value`), "Lee");
	/* What came of it is not hidden behind the dialog. */
	await page.until(`document.getElementById("toast").textContent === "done: scan"`);
	assert.equal(await page.evaluate(`(() => {
		const r = document.getElementById("toast").getBoundingClientRect();
		return r.width > 20 && document.getElementById("toast").matches(":popover-open");
	})()`), true);
	assert.equal(await page.evaluate(`document.getElementById("ask").open`), true);
}));

test("what is typed slowly is no scan", () => withPage({ slots: 8, withToken: true }, async (page, stage) => {
	await page.until(`location.hash === ""`);
	for (const key of ["h", "e", "l", "l", "o", "Enter"])
		await page.evaluate(`new Promise((r) => setTimeout(r, 90)).then(() => document.body.dispatchEvent(
			new KeyboardEvent("keydown", { key: ${JSON.stringify(key)}, bubbles: true })))`);
	await page.evaluate(typed("M5C2-000420"));
	await heard(stage, "M5C2-000420");
	assert.equal(stage.heard.length, 1);
}));

test("everything can be reached by keys", () => withPage({}, async (page) => {
	const press = (key) => page.send("Input.dispatchKeyEvent", { type: "keyDown", key, code: key,
		windowsVirtualKeyCode: { ArrowRight: 39, ArrowDown: 40, Enter: 13, Escape: 27 }[key],
		text: key === "Enter" ? "\r" : undefined });

	await page.evaluate(`${tile(1)}.focus()`);
	await press("ArrowRight");
	await press("ArrowDown");
	await page.until(`document.activeElement.dataset.slot === "10"`);
	await press("Enter");
	await page.until(`document.getElementById("sheet").open && document.getElementById("sheet-title").textContent === "Slot 10"`);
	await press("Escape");
	await page.until(`!document.getElementById("sheet").open`);
}));

test("sounds differ, once somebody has switched them on", () => withPage({ slots: 8 }, async (page, stage) => {
	const click = async (id) => {
		const [x, y] = await page.evaluate(`(() => { const r = document.getElementById("${id}").getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`);

		for (const type of ["mousePressed", "mouseReleased"])
			await page.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
	};
	const played = (name) => page.until(`document.documentElement.dataset.played === "${name}"`);

	await click("sound");
	await played("pass");
	await page.until(`document.getElementById("sound").getAttribute("aria-pressed") === "true"`);
	for (const [order, name] of [["fail 8 MD5_MISMATCH", "fail"], ["fail 7 WRONG_CHIP", "attention"], ["pass 6", "pass"]]) {
		/* What comes while another one sounds is played after it, not lost. */
		stage.tell(order);
		await played(name);
	}
	await page.evaluate("localStorage.clear()");
}));

test("slots with the same remedy share a row, and none of the rest is cut", () => withPage({}, async (page, stage) => {
	for (let n = 1; n <= 40; n++)
		stage.tell(`fail ${n} ${n === 7 ? "MD5_MISMATCH" : "WRONG_FLASH_SIZE"}`);
	await page.until(`[...document.querySelectorAll("#todo-list .no")].some((el) => el.textContent === "1–6 8–40")`);
	assert.match(await page.evaluate(`document.querySelector("#todo-list").innerText`), /^7\s*content differs/);
	assert.deepEqual(await page.evaluate(`(() => {
		const box = document.getElementById("todo-list").getBoundingClientRect();
		return [...document.querySelectorAll("#todo-list li:not(.cut)")]
			.filter((li) => li.getBoundingClientRect().bottom > box.bottom + 5).map((li) => li.innerText);
	})()`), []);
}));

test("the head says how many units did not pass, uncut", () => withPage({ slots: 8 }, async (page) => {
	assert.equal(await page.evaluate(`document.getElementById("first-pass").textContent`), "96.1 %");
	assert.equal(await page.evaluate(`document.getElementById("units-not").textContent`), "12 not passed");
	assert.equal(await page.evaluate(`(() => { const el = document.getElementById("units-not").parentNode; return el.scrollWidth <= el.clientWidth; })()`), true);
}));

test("a line that waits for its golden unit asks for it, and for no other unit", () => withPage({ slots: 8 }, async (page, stage) => {
	for (let n = 1; n <= 8; n++)
		stage.tell("empty " + n);
	await page.until(`document.getElementById("todo-out").textContent === "Plug units in"`);
	stage.tell("lock GOLDEN_DUE");
	await page.until(`${word(8)} === "GOLDEN?" && document.getElementById("todo-out").textContent.startsWith("plug in a golden unit")`);
	stage.tell("lock DISK_LOW");
	await page.until(`${word(8)} === "LOCKED" && !document.getElementById("todo-out").textContent.includes("lug")`);
}));

test("a good unit whose label is still to be scanned is no plain PASS", () => withPage({ }, async (page) => {
	await page.until(`${word(2)} === "SCAN LABEL"`);
	assert.equal(await page.evaluate(`${tile(2)}.classList.contains("PASS")`), false);
	assert.match(await page.evaluate(`document.getElementById("todo-out").innerText`), /\(2\d\)/);
}));

test("a result is spoken to who cannot see it", () => withPage({ slots: 8 }, async (page, stage) => {
	stage.tell("fail 8 WRONG_CHIP");
	await page.until(`document.getElementById("spoken").textContent.startsWith("Slot 8, ERROR, wrong product")`);
}));

test("nothing moves for who asked for no motion", () => withPage({}, async (page, stage) => {
	await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-reduced-motion", value: "reduce" }] });
	stage.tell("pass 8");
	await page.until(`${word(8)} === "PASS"`);
	assert.equal(await page.evaluate("document.getAnimations().length"), 0);
}));

test("who wants it dark has it dark, also after the page was loaded again", () => withPage({ slots: 8 }, async (page, stage) => {
	await page.evaluate(`document.getElementById("menu").click()`);
	await page.evaluate(`document.querySelector('[data-action="theme"]').click()`);
	await page.until(`document.documentElement.dataset.theme === "dark"`);
	await page.send("Page.navigate", { url: stage.url });
	await page.until(`document.querySelectorAll(".tile").length === 8 && document.documentElement.dataset.theme === "dark"`);
	await page.send("Emulation.setEmulatedMedia", { media: "print" });
	assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
	await page.evaluate("localStorage.clear()");
}));

test("on paper there are words and shapes on white", () => withPage({}, async (page) => {
	await page.send("Emulation.setEmulatedMedia", { media: "print" });
	assert.deepEqual(await page.evaluate(`[...document.querySelectorAll(".tile")].map((el) => getComputedStyle(el))
		.filter((s) => s.color !== "rgb(0, 0, 0)" || !/255, 255, 255|rgba\\(0, 0, 0, 0\\)/.test(s.backgroundColor)).length`), 0);
	const { data } = await page.send("Page.printToPDF", { landscape: true, preferCSSPageSize: true });
	assert.ok(Buffer.from(data, "base64").length > 10000);
}));

test("nothing is asked of anybody but the station", () => withPage({}, async (page, stage) => {
	assert.deepEqual(await page.evaluate(`performance.getEntriesByType("resource").map((e) => new URL(e.name).origin)
		.filter((origin) => origin !== location.origin && origin !== "null")`), []);
	assert.deepEqual(page.troubles, []);
	assert.ok(stage.url.startsWith("http://127.0.0.1:"));
}));

browser = await Chromium.start();
const failed = await runTests(tests, wanted);
await browser.close();
process.exit(failed ? 1 : 0);
