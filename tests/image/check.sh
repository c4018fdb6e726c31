#!/usr/bin/env bash
# Build the Dockerfile's `verify` target and run it, on a machine without a Docker engine and
# without an image registry: Debian's buildah builds it (chroot isolation, vfs driver) on a stand-in
# base that debootstrap makes from Debian's own packages. Needs Debian or Ubuntu, root, `buildah` and
# `debootstrap`; leaves nothing behind but the stand-in base, which is kept in build/ for next time.
#
#   tests/image/check.sh [RELEASE KEY]      default: build/digits and build/digits.pub, where made
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

release=${1:-build/digits}
key=${2:-build/digits.pub}
suite=${SUITE:-bookworm}
base=build/image/$suite.tar
image=localhost/auditor-verify
started=$SECONDS

fail() { echo "image-check: $*" >&2; exit 1; }
say() { echo "image-check [$((SECONDS - started)) s]: $*"; }

for tool in buildah debootstrap; do
    command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install buildah debootstrap"
done
[ "$(id -u)" = 0 ] || fail "debootstrap and chroot isolation need root"

work=$(mktemp -d)
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
buildah() { command buildah --root "$work/storage" --runroot "$work/run" "$@"; }
trap 'buildah rm --all >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

if [ ! -e "$base" ]; then
    say "making a stand-in base ($suite with Python) with debootstrap"
    mkdir -p build/image
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
        "$suite" "$work/root" >"$work/debootstrap.log" 2>&1 ||
        { tail -n 20 "$work/debootstrap.log" >&2; fail "debootstrap failed"; }
    # The image's pip trusts what this machine trusts, whose package index it uses.
    cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/ca-certificates.crt"
    rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists"
    tar --directory "$work/root" --exclude './dev/*' --numeric-owner --create --file "$base.new" .
    mv "$base.new" "$base"
    rm -rf "$work/root"
fi

say "importing the stand-in base"
container=$(buildah from scratch)
buildah add --quiet "$container" "$base" / >/dev/null
buildah config --cmd /bin/sh "$container"
buildah commit --quiet "$container" localhost/stand-in >/dev/null
buildah rm "$container" >/dev/null

say "building the target verify"
buildah build --quiet --pull-never --target verify --build-arg BASE=localhost/stand-in \
    --tag "$image" . >/dev/null

container=$(buildah from --pull-never "$image")
in_image() { buildah run --user 65532:65532 "$@"; }

user=$(buildah inspect --format '{{.OCIv1.Config.User}}' "$image")
[ "$user" = 65532:65532 ] || fail "the image runs as '$user', not as 65532:65532"

say "running it"
in_image "$container" -- audit --version
for module in torch onnx onnxruntime numpy scipy; do
    ! in_image "$container" -- python -c "import $module" 2>/dev/null ||
        fail "$module is in the verifier image"
done
if [ -d "$release" ]; then
    in_image --volume "$(realpath "$release"):/release:ro" \
        --volume "$(realpath "$key"):/auditor.pub:ro" \
        "$container" -- audit verify /release --key /auditor.pub
else
    say "no release at $release (make demo makes one): verified nothing, only started the command"
    in_image "$container" -- audit verify --help >/dev/null
fi
say "the verify image was built and run"
