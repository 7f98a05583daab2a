#include "recipes/setting.h"

struct setting setting_find(const struct recipe *r, const char *path)
{
	const struct yaml *from[] = { r->yaml, r->preset };
	struct setting found = { NULL, { r->yaml->file, 1, 1 } };

	for (size_t i = 0; i < 2 && from[i]; i++) {
		const struct yaml_node *node = yaml_find(&from[i]->root, path);

		if (!node)
			continue;
		found.at = yaml_place(from[i], node);
		found.node = node->is_bad ? NULL : node;
		return found;
	}
	return found;
}

uint64_t setting_number(const struct recipe *r, const char *path, uint64_t unset)
{
	struct setting s = setting_find(r, path);

	return s.node ? s.node->number : unset;
}

int setting_choice(const struct recipe *r, const char *path, int unset)
{
	struct setting s = setting_find(r, path);

	return s.node ? s.node->choice : unset;
}

const char *setting_text(const struct recipe *r, const char *path)
{
	struct setting s = setting_find(r, path);

	return s.node ? s.node->text : NULL;
}
