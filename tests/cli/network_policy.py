"""The addresses that pods may not call, as the NetworkPolicy under deploy/kubernetes says them.

`python -m tests.cli.network_policy` writes them anew.
"""

from pathlib import Path

from app.rules.forbidden_addresses import forbidden_networks

FILE = Path(__file__).parents[2] / "deploy" / "kubernetes" / "setup" / "network-policy.yaml"
INDENT = " " * 8
BEGIN = f"{INDENT}# egress: written by python -m tests.cli.network_policy\n"
END = f"{INDENT}# end\n"
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


def blocks() -> str:
    """Return the two blocks of addresses, IPv4 and IPv6, each with its exceptions."""
    lines = []
    for version, cidr in EVERYWHERE.items():
        lines += ["- ipBlock:", f'    cidr: "{cidr}"', "    except:"]
        lines += [f'      - "{network}"' for network in forbidden_networks() if network.version == version]
    return "".join(f"{INDENT}{line}\n" for line in lines)


def written_anew(text: str) -> str:
    """Return the file with what stands between the marks written anew."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}{blocks()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    FILE.write_text(written_anew(FILE.read_text()))
