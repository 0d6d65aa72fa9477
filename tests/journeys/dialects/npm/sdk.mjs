// The official npm SDKs, unmodified, through every address; prints one JSON object of what they were told.
import Anthropic from "@anthropic-ai/sdk";
import { Ollama } from "ollama";
import OpenAI from "openai";

const { HEARTH_URL: url, HEARTH_KEY: key, CHAT_MODEL: model, EMBEDDING_MODEL: embedder, QUESTION: question } = process.env;
const messages = [{ role: "user", content: "Say hello." }];
const asked = [{ role: "user", content: question }];
const form = { type: "object", properties: { city: { type: "string", enum: ["Paris", "Rome"] } }, required: ["city"] };
const tool = { name: "get_weather", description: "The weather of a city", parameters: form };

const refusal = (promise) => promise.then(() => null, (error) => ({ status: error.status ?? error.status_code, text: error.message }));
const all = async (stream) => {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
};

async function openai() {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  const wish = { model, messages, max_tokens: 8, temperature: 0 };
  const chunks = await all(await client.chat.completions.create({ ...wish, stream: true, stream_options: { include_usage: true } }));
  const called = await client.chat.completions.create({
    ...wish, max_tokens: 60, tools: [{ type: "function", function: tool }], tool_choice: "required",
  });
  const hearth = await client.chat.completions.create({ model: "hearth", messages: asked });
  const response = await client.responses.create({ model, input: "Say hello.", max_output_tokens: 8, temperature: 0 });
  const events = await all(await client.responses.create({ model, input: "Say hello.", max_output_tokens: 8, stream: true }));
  const next = await client.responses.create({ model, input: "Again.", previous_response_id: response.id, max_output_tokens: 8 });
  return {
    next: (await client.responses.retrieve(next.id)).output_text === next.output_text,
    models: (await all(client.models.list())).map((one) => one.id),
    model: (await client.models.retrieve(model)).id,
    whole: (await client.chat.completions.create(wish)).choices[0].message.content,
    streamed: chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join(""),
    usage: chunks.at(-1).usage.completion_tokens,
    call: JSON.parse(called.choices[0].message.tool_calls[0].function.arguments),
    text: (await client.completions.create({ model, prompt: "One two", max_tokens: 4 })).choices[0].text,
    vector: (await client.embeddings.create({ model: embedder, input: "a boiler" })).data[0].embedding.length,
    response: response.output_text,
    ending: events.at(-1).type,
    hearth: hearth.choices[0].message.content,
    refused: await refusal(client.chat.completions.create({ ...wish, messages: [{ role: "user", content: "word ".repeat(9000) }] })),
  };
}

async function anthropic() {
  const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
  const wish = { model, messages, max_tokens: 8, temperature: 0 };
  const called = await client.messages.create({
    ...wish, max_tokens: 60, tools: [{ name: tool.name, description: tool.description, input_schema: form }], tool_choice: { type: "any" },
  });
  const hearth = await client.messages.stream({ model: "hearth", messages: asked, max_tokens: 400 }).finalMessage();
  return {
    models: (await all(client.models.list())).map((one) => one.id),
    whole: (await client.messages.create(wish)).content[0].text,
    streamed: await client.messages.stream(wish).finalText(),
    call: called.content.find((block) => block.type === "tool_use").input,
    counted: (await client.messages.countTokens({ model, messages })).input_tokens,
    hearth: hearth.content.map((block) => block.text).join(""),
    cited: hearth.content.flatMap((block) => block.citations ?? []).map((one) => one.title),
    refused: await refusal(client.messages.create({ ...wish, thinking: { type: "enabled", budget_tokens: 1024 } })),
  };
}

async function ollama() {
  const client = new Ollama({ host: url, headers: { Authorization: `Bearer ${key}` } });
  const options = { num_predict: 8, temperature: 0 };
  const pieces = await all(await client.chat({ model, messages, options, stream: true }));
  const lines = await all(await client.generate({ model, prompt: "Say hello.", options, stream: true }));
  const hearth = await client.chat({ model: "hearth", messages: asked });
  return {
    models: (await client.list()).models.map((one) => one.name),
    running: (await client.ps()).models.length,
    shown: (await client.show({ model })).details.family,
    version: (await client.version()).version,
    whole: (await client.chat({ model, messages, options })).message.content,
    streamed: pieces.map((piece) => piece.message.content).join(""),
    generated: lines.map((line) => line.response).join(""),
    vectors: (await client.embed({ model: embedder, input: ["a", "b"] })).embeddings.length,
    vector: (await client.embeddings({ model: embedder, prompt: "a" })).embedding.length,
    hearth: hearth.message.content,
    refused: await refusal(client.chat({ model, messages, options: { typical_p: 0.5 } })),
  };
}

console.log(JSON.stringify({ openai: await openai(), anthropic: await anthropic(), ollama: await ollama() }));
