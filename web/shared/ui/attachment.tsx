import type { Attachment } from "../wire";
import { fileSize } from "../upload";
import { Icon } from "./icon";
import { file as fileIcon } from "./icons";

export interface AttachmentProps {
  file: Attachment;
  /** Address that answers with the file or redirects to it. */
  href: string;
  /** Address of the picture, when one may be shown in place. */
  picture?: string;
  locale: string;
}

/** A stored file in a message: the picture itself, or a card with name and size. */
export function AttachmentView({ file, href, picture, locale }: AttachmentProps) {
  if (picture && file.width) { // only what the server has encoded anew has a size: an SVG is a file
    return (
      <a class="picture" href={href} target="_blank" rel="noopener">
        <img src={picture} alt={file.name} width={file.width} height={file.height} loading="lazy" />
      </a>
    );
  }
  return (
    <a class="file" href={href} target="_blank" rel="noopener" download={file.name}>
      <Icon d={fileIcon} />
      <span>
        <bdi class="file-name">{file.name}</bdi>
        <span class="file-size">{fileSize(file.size, locale)}</span>
      </span>
    </a>
  );
}
