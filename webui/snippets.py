"""Ready lines for each SDK, with this box's address and a key in them; pure."""

from dataclasses import dataclass
from typing import Final

PLACEHOLDER: Final = "YOUR-KEY"
CERTIFICATE: Final = "hearth.crt"
QUESTION: Final = "When is the boiler due for service?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A few lines that work once they are copied."""

    title: str
    code: str


def snippets(address: str, key: str = PLACEHOLDER, model: str = "hearth") -> tuple[Snippet, ...]:
    """What to type for each kind of program; `address` is that by which the person came, such as `https://hearth.local`."""
    return (
        Snippet(
            title="OpenAI, for Python",
            code=(
                "from openai import OpenAI\n\n"
                f'client = OpenAI(base_url="{address}/v1", api_key="{key}")\n'
                "answer = client.chat.completions.create(\n"
                f'    model="{model}", messages=[{{"role": "user", "content": "{QUESTION}"}}]\n'
                ")\n"
                "print(answer.choices[0].message.content)"
            ),
        ),
        Snippet(
            title="Anthropic, for Python",
            code=(
                "from anthropic import Anthropic\n\n"
                f'client = Anthropic(base_url="{address}", api_key="{key}")\n'
                "answer = client.messages.create(\n"
                f'    model="{model}", max_tokens=500, messages=[{{"role": "user", "content": "{QUESTION}"}}]\n'
                ")\n"
                'print("".join(block.text for block in answer.content))'
            ),
        ),
        Snippet(
            title="Ollama, for Python",
            code=(
                "from ollama import Client\n\n"
                f'client = Client(host="{address}", headers={{"Authorization": "Bearer {key}"}})\n'
                f'answer = client.chat(model="{model}", messages=[{{"role": "user", "content": "{QUESTION}"}}])\n'
                "print(answer.message.content)"
            ),
        ),
        Snippet(
            title="OpenAI, for Node.js",
            code=(
                'import OpenAI from "openai";\n\n'
                f'const client = new OpenAI({{ baseURL: "{address}/v1", apiKey: "{key}" }});\n'
                "const answer = await client.chat.completions.create({\n"
                f'  model: "{model}", messages: [{{ role: "user", content: "{QUESTION}" }}],\n'
                "});\n"
                "console.log(answer.choices[0].message.content);"
            ),
        ),
        Snippet(
            title="curl",
            code=(
                f"curl --cacert {CERTIFICATE} {address}/v1/chat/completions \\\n"
                f'  -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \\\n'
                f'  -d \'{{"model": "{model}", '
                f'"messages": [{{"role": "user", "content": "{QUESTION}"}}]}}\''
            ),
        ),
    )


def trust(address: str) -> str:
    """How a program is told to trust the certificate that this box made for itself."""
    host = address.removeprefix("https://")
    port = "" if host.rsplit(":", 1)[-1].isdigit() and not host.endswith("]") else ":443"
    return (
        f"openssl s_client -connect {host}{port} </dev/null | openssl x509 > {CERTIFICATE}\n"
        f"openssl x509 -in {CERTIFICATE} -noout -fingerprint -sha256   # compare with the box's screen\n"
        f"export SSL_CERT_FILE={CERTIFICATE} NODE_EXTRA_CA_CERTS={CERTIFICATE}"
    )
