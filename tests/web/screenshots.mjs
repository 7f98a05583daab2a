// Pictures of the page in every language, size and trouble, to be looked at:
//   node tests/web/screenshots.mjs STAGE FOLDER
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Chromium } from "./chromium.mjs";
import { Stage } from "./stage.mjs";

const [program, folder] = process.argv.slice(2);
const shots = [
	{ name: "64-en", slots: 64, width: 1280, height: 800, language: "en" },
	{ name: "64-zh", slots: 64, width: 1280, height: 800, language: "zh" },
	{ name: "64-ja", slots: 64, width: 1280, height: 800, language: "ja" },
	{ name: "64-full-hd", slots: 64, width: 1920, height: 1080, language: "en" },
	{ name: "64-tablet", slots: 64, width: 768, height: 1024, language: "en" },
	{ name: "64-deuteranopia", slots: 64, width: 1280, height: 800, language: "en", vision: "deuteranopia" },
	{ name: "64-protanopia", slots: 64, width: 1280, height: 800, language: "en", vision: "protanopia" },
	{ name: "64-grey", slots: 64, width: 1280, height: 800, language: "en", vision: "achromatopsia" },
	{ name: "8-en", slots: 8, columns: 4, width: 1280, height: 800, language: "en" },
	{ name: "8-ja", slots: 8, columns: 4, width: 1280, height: 800, language: "ja" },
	{ name: "8-zh", slots: 8, columns: 0, width: 1920, height: 1080, language: "zh" },
	{ name: "24-any", slots: 24, columns: 0, width: 1280, height: 800, language: "en" },
	{ name: "1", slots: 1, columns: 0, width: 1280, height: 800, language: "en" },
	{ name: "64-locked", slots: 64, width: 1280, height: 800, language: "en", tell: ["lock GOLDEN_DUE", "lock LEDGER_BEHIND"] },
	{ name: "64-stale", slots: 64, width: 1280, height: 800, language: "en", stops: true },
	{ name: "64-silent", slots: 64, width: 1280, height: 800, language: "ja", tell: ["hold"], stale: true },
	{ name: "sheet", slots: 64, width: 1280, height: 800, language: "en", opens: 19 },
	{ name: "sheet-ja", slots: 64, width: 768, height: 1024, language: "ja", opens: 19 },
	{ name: "64-dark", slots: 64, width: 1920, height: 1080, language: "en", theme: "dark" },
	{ name: "sheet-dark", slots: 64, width: 1280, height: 800, language: "en", opens: 19, theme: "dark" },
	{ name: "16-tablet", slots: 16, columns: 4, width: 1024, height: 768, language: "zh" },
	{ name: "4-phone", slots: 4, columns: 2, width: 390, height: 844, language: "en" },
	{ name: "4-phone-lying", slots: 4, columns: 4, width: 844, height: 390, language: "ja" },
	/* docs/pictures */
	{ name: "line-64", slots: 64, width: 1280, height: 800, language: "en", type: "webp" },
	{ name: "line-8-ja", slots: 8, columns: 4, width: 1280, height: 800, language: "ja", type: "webp" },
	{ name: "line-64-dark", slots: 64, width: 1280, height: 800, language: "zh", theme: "dark", type: "webp" },
	{ name: "print", slots: 64, width: 1280, height: 800, language: "en", prints: true },
];

mkdirSync(folder, { recursive: true });
const browser = await Chromium.start();
const wanted = process.argv.slice(4);

for (const shot of shots.filter((s) => !wanted.length || wanted.includes(s.name))) {
	const stage = await Stage.start(program, ["--slots", String(shot.slots), "--columns",
		String(shot.columns ?? 8)]);
	const page = await browser.page(stage.url, shot);

	await page.until(`document.querySelectorAll(".tile").length === ${shot.slots}`);
	for (const order of shot.tell || [])
		stage.tell(order);
	if (shot.tell && !shot.stale)
		await page.until(`document.querySelectorAll(".alarm").length >= ${shot.tell.length}`);
	if (shot.theme)
		await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: shot.theme }] });
	if (shot.vision)
		await page.send("Emulation.setEmulatedVisionDeficiency", { type: shot.vision });
	if (shot.stops)
		await stage.stop();
	if (shot.stops || shot.stale)
		await page.until(`document.body.classList.contains("stale")`);
	if (shot.opens) {
		await page.evaluate(`document.querySelector('[data-slot="${shot.opens}"]').click()`);
		await page.until(`document.getElementById("sheet").open`);
	}
	await page.evaluate("new Promise((r) => setTimeout(r, 300))");
	if (shot.prints) {
		await page.print(join(folder, shot.name + ".pdf"));
		await page.send("Emulation.setEmulatedMedia", { media: "print" });
		await page.size(1050, 740);
	}
	await page.screenshot(join(folder, shot.name + "." + (shot.type || "png")));
	for (const trouble of page.troubles)
		console.log(shot.name + ": " + trouble);
	await page.close();
	if (!shot.stops)
		await stage.stop();
}
await browser.close();
