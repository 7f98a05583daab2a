// Runs the tests of a file one after the other, or all at once; says of each whether it held.
// tests: {name, run}; wanted: parts of names, none for all. How many failed.
export async function runTests(tests, wanted, { atOnce = false } = {}) {
	const chosen = tests.filter((t) => !wanted.length || wanted.some((w) => t.name.includes(w)));
	let failed = 0;
	const runOne = async ({ name, run }) => {
		try {
			await run();
			console.log("ok      " + name);
		} catch (e) {
			failed++;
			console.log("FAILED  " + name + "\n" + (e.stack || e));
		}
	};

	if (atOnce)
		await Promise.all(chosen.map(runOne));
	else
		for (const test of chosen)
			await runOne(test);
	console.log(failed ? `${failed} failed` : "all passed");
	return failed;
}
