# Shared by the project's scripts: where things are, and installing what is missing.
# Sourced with the repository's root as the current folder.

say() { printf '%s\n' "== $*"; }
die() { printf '%s\n' "error: $*" >&2; exit 3; }

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		die "packages are missing and this user is not root and has no sudo: run as root: $*"
	fi
}

# Debian's postgresql makes a database and starts it when it is installed. The tests start their
# own; so that nothing else begins to run on this machine, ask for none, unless somebody has
# said already what shall be made.
no_cluster() {
	[ -e /etc/postgresql-common/createcluster.conf ] && return 0
	as_root mkdir -p /etc/postgresql-common
	as_root sh -c 'echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf'
}

# Debian packages, only those that are missing.
need_packages() {
	missing=
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "installing Debian packages:$missing"
	case " $missing " in
	*" postgresql "*) no_cluster ;;
	esac
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
		die "apt-get update failed: see above"
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		$missing >/dev/null || die "apt-get install failed for:$missing"
}

build_packages="gcc libc6-dev make cmake ninja-build pkg-config libserialport-dev libsqlite3-dev
libyaml-dev zlib1g-dev libdeflate-dev libssl-dev libjansson-dev libpq-dev libzip-dev
libpcre2-dev libmicrohttpd-dev libncurses-dev ca-certificates"
test_packages="libcmocka-dev sqlite3 clang clang-tidy clang-format libclang-rt-14-dev man-db procps unzip openssl python3
dpkg-dev file postgresql postgresql-contrib"

# node and npm, from Debian where the machine has none.
need_npm() {
	if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
		need_packages nodejs npm
	fi
}

# npm_into FOLDER SOURCE: what SOURCE's lock file pins, without running anybody's scripts.
npm_into() {
	if [ -d "$1/node_modules" ] && cmp -s "$2/package-lock.json" "$1/package-lock.json"; then
		return 0
	fi
	need_npm
	mkdir -p "$1"
	cp "$2/package.json" "$2/package-lock.json" "$1/"
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || {
		rm -rf "$1/node_modules" "$1/package-lock.json"
		die "npm ci failed for $2/package-lock.json: without it there are no stub images (a build with -DSTUB_DIR=FOLDER needs no network)"
	}
}

# build FOLDER [cmake options]: the whole program, with the stub images, in FOLDER.
build() {
	folder=$1
	shift
	npm_into "build/npm" engine/stubs
	cmake -S . -B "$folder" -G Ninja \
		-DSTUB_DIR="$PWD/build/npm/node_modules/esptool-js/lib/targets/stub_flasher" "$@" \
		>"$folder.configure.log" 2>&1 || {
		tail -n 30 "$folder.configure.log" >&2
		die "cmake failed"
	}
	cmake --build "$folder" >"$folder.build.log" 2>&1 || {
		tail -n 60 "$folder.build.log" >&2
		die "the build failed: $folder.build.log"
	}
}
