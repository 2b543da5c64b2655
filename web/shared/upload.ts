import type { Attachment } from "./wire";

export interface Upload {
  /** Resolves with the stored file; rejects with an UploadError, or an AbortError after cancel. */
  done: Promise<Attachment>;
  cancel(): void;
}

export interface UploadOptions {
  url: string;
  token?: string;
  /** From 0 to 1. */
  progress(part: number): void;
}

/** A refused upload. code is the API's, or "network" when there was no answer. */
export class UploadError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** Sends one file as multipart "file". fetch cannot report progress, so this is XMLHttpRequest. */
export function upload(file: File, options: UploadOptions): Upload {
  const xhr = new XMLHttpRequest();
  const done = new Promise<Attachment>((resolve, reject) => {
    xhr.open("POST", options.url);
    xhr.responseType = "json";
    if (options.token) xhr.setRequestHeader("Authorization", "Bearer " + options.token);
    xhr.upload.onprogress = (e) => {
      if (e.lengthComputable) options.progress(e.loaded / e.total);
    };
    xhr.onload = () => {
      const answer = xhr.response as (Attachment & { error?: { code: string; message: string } }) | null;
      if (xhr.status === 201 && answer) resolve(answer);
      else reject(new UploadError(answer?.error?.code ?? "internal", answer?.error?.message ?? ""));
    };
    xhr.onerror = () => reject(new UploadError("network", ""));
    xhr.onabort = () => reject(new DOMException("", "AbortError"));
    const form = new FormData();
    form.append("file", file, file.name);
    xhr.send(form);
  });
  return { done, cancel: () => xhr.abort() };
}

/** 640 B, 12 kB, 3.4 MB in the reader's numerals. */
export function fileSize(bytes: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(locale, {
    style: "unit", unit: units[step]!, unitDisplay: step ? "short" : "narrow", maximumFractionDigits: value < 10 && step ? 1 : 0,
  }).format(value);
}
