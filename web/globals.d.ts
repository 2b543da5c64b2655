declare module "*.css";

/** Node's test runner and assertions, as far as shared/*.test.ts uses them. */
declare module "node:test" {
  export default function test(name: string, fn: () => void | Promise<void>): Promise<void>;
}
declare module "node:assert/strict" {
  interface Assert {
    (value: unknown, message?: string): asserts value;
    equal(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    ok(value: unknown, message?: string): asserts value;
    throws(fn: () => unknown): void;
  }
  const assert: Assert;
  export default assert;
}
