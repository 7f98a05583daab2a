/* Looking for a unit. */
import { $, make, setText } from "./dom.js";
import { get } from "./server.js";
import { action, fact, openSlot } from "./slot.js";
import { has, reasonOf, t } from "./text.js";

function unitPart(unit) {
	const [head, ...events] = unit, part = make("section");
	const facts = make("dl", "facts"), table = make("table"), top = make("tr");

	part.append(make("h3", "", [head.mac, ...(head.serials || [])].filter(Boolean).join(" · ")));
	fact(facts, "history.state", has("unit." + head.state) ? t("unit." + head.state) : head.state);
	fact(facts, "history.why", head.sentence);
	fact(facts, "history.chip", head.chip);
	part.append(facts);
	for (const key of ["history.time", "history.result", "history.why", "history.recipe", "history.station"])
		top.append(make("th", "", t(key)));
	table.append(top);
	for (const run of events.filter((e) => e.event === "run").reverse()) {
		const row = make("tr");

		row.append(make("td", "", new Date(run.time).toLocaleString(document.documentElement.lang)),
			make("td", run.outcome || "", run.outcome ? t("outcome." + run.outcome) : t("state.running")),
			make("td", "", !run.code || run.code === "OK" ? "" : reasonOf(run.code)),
			make("td", "", run.recipe ? run.recipe + " r" + run.recipe_revision : ""),
			make("td", "", run.station || ""));
		table.append(row);
	}
	if (table.children.length > 1)
		part.append(table);
	return part;
}

async function search(text) {
	const found = await get("/api/unit?q=" + encodeURIComponent(text));
	const body = $("sheet-body");

	setText($("sheet-title"), t("search.title", { text }));
	body.replaceChildren();
	if (!found)
		body.append(make("p", "", t("search.failed")));
	else if (!found.units.length)
		body.append(make("p", "", t("search.none")
			+ (found.near.length ? " " + t("search.near", { list: found.near.join(", ") }) : "")));
	for (const n of found ? found.slots : []) {
		const box = make("div", "buttons"), button = action("slot", "head.slot", () => openSlot(n));

		button.textContent = t("search.in_slot", { n });
		box.append(button);
		body.append(box);
	}
	for (const unit of found ? found.units : [])
		body.append(unitPart(unit));
	delete $("sheet").dataset.slot;
	if (!$("sheet").open)
		$("sheet").showModal();
}

$("search").addEventListener("submit", (e) => {
	const text = $("search-for").value.trim();

	e.preventDefault();
	if (text.length >= 3)
		search(text);
	$("search-for").value = "";
	$("search-for").blur();
});
