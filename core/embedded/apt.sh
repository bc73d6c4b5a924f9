#!/usr/bin/env bash
# Debian packages that the system's own apt sources do not have: apt with a configuration of its
# own, which takes the mirror's address from the system's, and leaves the system's as they are.
#
# Usage: apt.sh FOLDER unpack INTO PACKAGE VERSION     downloads one whose version begins like that
#        apt.sh FOLDER install PACKAGE...              installs, from backports where they have it
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
action=$2
shift 2

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" |
    head -n 1)
: "${mirror:?apt knows no mirror of $codename: apt-get update was never run}"

keys=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$folder"/{lists,cache/archives/partial,parts}
for suite in "$codename" "$codename-backports" trixie-backports; do
    echo "deb [signed-by=$keys] $mirror $suite main"
done | sort -u > "$folder/sources.list"
cat > "$folder/apt.conf" <<CONF
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "$folder/parts";
Dir::State::lists "$folder/lists";
Dir::Cache "$folder/cache";
APT::Sandbox::User "root";
CONF
export APT_CONFIG=$folder/apt.conf
if [ -z "$(find "$folder/lists" -name '*backports*Packages*' -mmin -1440)" ]; then
    apt-get update -qq
fi

case $action in
unpack)
    into=$1
    version=$3
    mkdir -p "$into"
    found=$(apt-cache madison "$2" | cut -d'|' -f2 | tr -d ' ' | grep "^${version:+$version[^0-9]}" | head -n 1) ||
        { echo "apt: no $2 $version in $codename, $codename-backports, trixie-backports" >&2; exit 1; }
    cd "$folder/cache"
    apt-get download -qq "$2=$found"
    dpkg-deb -x "$2"_*.deb "$into"
    rm "$2"_*.deb
    ;;
install)
    apt-get install -qq -y -t "$codename-backports" --no-install-recommends "$@"
    ;;
esac
