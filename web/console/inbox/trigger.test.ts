import assert from "node:assert/strict";
import test from "node:test";
import { fillIn, triggerAt, valuesOf, variables } from "./trigger";

const at = (text: string) => triggerAt(text, text.length);

test("a slash asks for canned responses at the start of a word only", () => {
  assert.deepEqual(at("/he"), { sign: "/", word: "he", start: 0 });
  assert.deepEqual(at("Hello /bye"), { sign: "/", word: "bye", start: 6 });
  assert.equal(at("and/or"), null);
  assert.equal(at("/hello there"), null);
  assert.equal(at("https://"), null);
});

test("a hash asks for articles and takes several words", () => {
  assert.deepEqual(at("See #reset pass"), { sign: "#", word: "reset pass", start: 4 });
  assert.equal(at("C#"), null);
  assert.equal(at("#one\n"), null);
});

test("only what stands before the caret counts", () => {
  assert.deepEqual(triggerAt("/hello world", 3), { sign: "/", word: "he", start: 0 });
});

const values = { "contact.name": "Lena", "contact.email": "", "agent.name": "Ana" };

test("variables are filled in", () => {
  assert.equal(fillIn("Hi {{contact.name}}, {{ agent.name }} here.", values), "Hi Lena, Ana here.");
});

test("a variable without a value goes with its space, an unknown one stays", () => {
  assert.equal(fillIn("To {{contact.email}}!", values), "To!");
  assert.equal(fillIn("{{order.number}}", values), "{{order.number}}");
});

test("a value is never read as a pattern", () => {
  assert.equal(fillIn("Hi {{contact.name}}", { ...values, "contact.name": "$& {{agent.name}}" }), "Hi $& {{agent.name}}");
});

test("every variable that the server takes has a value", () => {
  const all = valuesOf({ name: "Lena Maria Roth", email: "lena@example.com" }, "Ana Berg", "Shop");
  assert.deepEqual(Object.keys(all), [...variables]);
  assert.equal(fillIn("{{contact.first_name}}, {{agent.first_name}}, {{inbox.name}}", all), "Lena, Ana, Shop");
  assert.equal(fillIn("Hello {{contact.first_name}},", valuesOf({ name: "", email: "" }, "", "")), "Hello,");
});
