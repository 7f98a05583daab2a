/* The line, opened: what concerns all slots. */
import { askAndRequest, askBatch, isIn, logOut, request } from "./ask.js";
import { $, make, setText } from "./dom.js";
import { model } from "./model.js";
import { get } from "./server.js";
import { action, fact } from "./slot.js";
import { clockText, has, noticeText, t } from "./text.js";
import { chooseTheme, isDark } from "./theme.js";

/* Those that the station file lists, where it lists several. */
async function addRecipes(box) {
	const answer = await get("/api/recipes");
	const paths = answer && answer.recipes.length > 1 ? answer.recipes : [];

	for (const path of paths) {
		const button = action("recipe", "action.recipe", async () => {
			$("sheet").close();
			await request({ request: "recipe", text: path });
		});

		button.textContent = t("action.recipe", { name: path.replace(/.*\//, "") });
		box.append(button);
	}
}

function noticeRow(notice) {
	const row = make("li", notice.refused ? "refused" : "");
	const from = has("from." + notice.from) ? t("from." + notice.from) : notice.from;

	row.append(make("time", "", clockText(notice.time, true)), make("span", "", noticeText(notice)));
	if (from)
		row.append(make("small", "", from));
	return row;
}

function openLine() {
	const body = $("sheet-body"), box = make("div", "buttons"), head = model.head;
	const close = () => $("sheet").close();

	setText($("sheet-title"), t("head.line"));
	box.append(
		head.draining
			? action("resume", "action.resume", async () => { close(); await request({ request: "resume" }); })
			: action("drain", "action.drain", async () => {
				close();
				await askAndRequest("drain", 0, t("action.drain"), []);
			}),
		action("batch", "action.batch", () => { close(); askBatch(); }),
		action("operator", "action.operator", () => { close(); askOperator(); }),
		action("recipe", "action.reload", async () => { close(); await request({ request: "recipe", text: "" }); }));
	addRecipes(box);
	box.append(action("theme", isDark() ? "action.bright" : "action.dark", () => {
		close();
		chooseTheme(isDark() ? "light" : "dark");
	}));
	if (isIn)
		box.append(action("logout", "action.logout", async () => {
			close();
			await logOut();
		}));
	body.replaceChildren(box);
	if (head.plant && (head.plant.alarm || head.plant.trouble)) {
		const facts = make("dl", "facts");

		fact(facts, "head.plant", [head.plant.alarm, head.plant.trouble].filter(Boolean).join(" · "));
		body.append(facts);
	}
	if ((head.notices || []).length) {
		const list = make("ul", "notices");

		body.append(make("h3", "", t("history.notices")), list);
		for (const notice of head.notices)
			list.append(noticeRow(notice));
	}
	delete $("sheet").dataset.slot;
	$("sheet").showModal();
}

function askOperator() {
	return askAndRequest("operator", 0, t("action.operator"),
		[{ name: "text", label: t("head.operator"), value: "" }]);
}

$("menu").addEventListener("click", openLine);
$("operator").addEventListener("click", askOperator);
