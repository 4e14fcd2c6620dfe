#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what LatentLoom needs and says where LibTorch is. The one place that knows package names.
#
#   installer/dependencies.sh [--core-only | --long]   installs what is missing; everything it says goes to stderr. --long: for ./test --long
#   source installer/dependencies.sh --paths           defines the functions below and installs nothing
#
# LibTorch: one that Torch_DIR or CMAKE_PREFIX_PATH names wins. Otherwise the torch wheel goes into a virtual environment in
# the cache folder. LATENTLOOM_TORCH_INDEX names another package index (PyTorch's CPU index spares gigabytes of CUDA libraries).

LOOM_TORCH_CPU=2.13.0
LOOM_TORCH_CUDA=2.14.1
LOOM_CORE_PACKAGES=(build-essential cmake ninja-build ccache pkg-config python3 python3-venv
    nlohmann-json3-dev libcli11-dev libexpected-dev libpcre2-dev libutf8proc-dev libsentencepiece-dev libcurl4-openssl-dev libssl-dev
    ca-certificates libgtest-dev libgmock-dev)
LOOM_WINDOW_PACKAGES=(qt6-base-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools qt6-svg-dev libqt6opengl6-dev qt6-qpa-plugins
    libgl-dev libgl1-mesa-dri libqcustomplot-dev libimgui-dev fonts-dejavu)

LOOM_LONG_PACKAGES=(clang-14 libclang-rt-14-dev)

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

loom_cache() { printf '%s\n' "${LATENTLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/latentloom}"; }

# A GPU and a toolkit that compiles are both needed for the CUDA build.
loom_flavour() {
    if [ -n "${LATENTLOOM_FLAVOUR:-}" ]; then printf '%s\n' "$LATENTLOOM_FLAVOUR"; return; fi
    if ! nvidia-smi -L >/dev/null 2>&1; then printf 'cpu\n'; return; fi
    if ! nvcc --version >/dev/null 2>&1; then
        say "There is a GPU but no working CUDA toolkit (nvcc), so this is the CPU build."
        printf 'cpu\n'; return
    fi
    printf 'cuda\n'
}

loom_torch_version() { if [ "$(loom_flavour)" = cuda ]; then echo "$LOOM_TORCH_CUDA"; else echo "$LOOM_TORCH_CPU"; fi; }

# True if the person brings a LibTorch.
loom_own_torch() {
    [ -n "${Torch_DIR:-}" ] && return 0
    local dir
    while IFS= read -r -d : dir; do
        [ -n "$dir" ] || continue
        ls "$dir"/share/cmake/Torch/TorchConfig.cmake "$dir"/Torch/TorchConfig.cmake "$dir"/TorchConfig.cmake >/dev/null 2>&1 && return 0
    done <<<"${CMAKE_PREFIX_PATH:-}:"
    return 1
}

loom_venv() { printf '%s/torch-%s\n' "$(loom_cache)" "$(loom_torch_version)"; }

# The folder for CMAKE_PREFIX_PATH, from the environment on disk (no Python is started).
loom_torch_prefix() {
    local found
    for found in "$(loom_venv)"/lib/python3*/site-packages/torch/share/cmake; do
        [ -f "$found/Torch/TorchConfig.cmake" ] && { printf '%s\n' "$found"; return 0; }
    done
    return 1
}

# The CUDA toolkit: CUDA_HOME, else NVIDIA's default prefix, else where the nvcc in PATH lies. CMake must be told.
loom_cuda_toolkit() {
    local root
    for root in "${CUDA_HOME:-}" /usr/local/cuda "$(dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")")"; do
        [ -x "$root/bin/nvcc" ] && { printf '%s\n' "$root"; return 0; }
    done
    return 1
}
loom_cuda_flags() {
    local root; root=$(loom_cuda_toolkit)
    printf '%s\n' "-DCMAKE_CUDA_COMPILER=$root/bin/nvcc" "-DCUDA_TOOLKIT_ROOT_DIR=$root"
}

loom_install_packages() {
    command -v dpkg-query >/dev/null || { say "This is no Debian or Ubuntu: see README.md, 'Other systems', for what must be there."; return 0; }
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing and there is no sudo to install them: ${missing[*]}"
        sudo=(sudo)
    fi
    say "Installing ${#missing[@]} system packages: ${missing[*]}"
    "${sudo[@]}" apt-get update -qq >&2 || say "The package lists could not be refreshed; going on with those that are here."
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        fail "the system packages could not be installed (see above)"
}

loom_install_torch() {
    loom_own_torch && { say "Using the LibTorch that Torch_DIR or CMAKE_PREFIX_PATH names."; return 0; }
    loom_torch_prefix >/dev/null && return 0
    local venv version index=()
    venv=$(loom_venv); version=$(loom_torch_version)
    [ -n "${LATENTLOOM_TORCH_INDEX:-}" ] && index=(--index-url "$LATENTLOOM_TORCH_INDEX")
    say "LibTorch is missing. Fetching the torch $version wheel into $venv."
    if [ "$(loom_flavour)" = cuda ]; then say "The CUDA build and its libraries are a download of about 3 GB (7 GB on disk)."
    else say "From a CPU index this is about 200 MB (0.8 GB on disk); from the default index it can be 3 GB, because CUDA libraries come along: LATENTLOOM_TORCH_INDEX names PyTorch's CPU index."; fi
    mkdir -p "$(loom_cache)"
    rm -rf "$venv.partial"
    python3 -m venv "$venv.partial" >&2 || fail "python3 could not make a virtual environment in $venv.partial"
    "$venv.partial/bin/python" -m pip install --quiet --disable-pip-version-check "${index[@]}" "torch==$version" >&2 ||
        fail "torch $version could not be installed. Set LATENTLOOM_TORCH_INDEX to an index that has it, or Torch_DIR to a LibTorch of your own"
    rm -rf "$venv"
    mv "$venv.partial" "$venv"
    loom_torch_prefix >/dev/null || fail "the torch wheel in $venv holds no LibTorch"
}

if [ "${1:-}" != --paths ]; then
    set -euo pipefail
    packages=("${LOOM_CORE_PACKAGES[@]}")
    [ "${1:-}" = --core-only ] || packages+=("${LOOM_WINDOW_PACKAGES[@]}")
    [ "${1:-}" != --long ] || packages+=("${LOOM_LONG_PACKAGES[@]}")
    loom_install_packages "${packages[@]}"
    loom_install_torch
fi
