import { chime } from "../../shared/notify";
import { signal, storage } from "./kit";

export const sound = signal(storage.get("sound") !== "off");

export function toggleSound(): void {
  sound.value = !sound.value;
  storage.set("sound", sound.value ? null : "off");
}

/** Plays the sound, when it is wanted. */
export function ring(): void {
  if (sound.value) void chime();
}
