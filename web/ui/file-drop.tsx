import { Button } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useRef, useState } from "react";
import classes from "./file-drop.module.css";

interface FileDropProps {
  /** What is to be dropped or chosen, in words. */
  readonly label: string;
  readonly hint: string;
  readonly button: string;
  /** as in `accept` of a file field: ".csv,text/csv" */
  readonly accept: string;
  readonly multiple?: boolean;
  readonly isBusy?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

/** A place to drop files on, and a button that chooses them. */
export function FileDrop(props: FileDropProps): React.ReactNode {
  const { label, hint, button, accept, multiple = false, isBusy = false, onFiles } = props;
  const field = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null): void => {
    const list = files === null ? [] : Array.from(files).slice(0, multiple ? undefined : 1);
    if (list.length > 0) onFiles(list);
  };
  return (
    <div
      className={classes["drop"]}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <IconFileUpload size={34} stroke={1.4} aria-hidden="true" />
      <p className={classes["label"]}>{label}</p>
      <p className={classes["hint"]}>{hint}</p>
      <input
        ref={field}
        type="file"
        aria-label={button}
        accept={accept}
        multiple={multiple}
        hidden
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <Button loading={isBusy} onClick={() => field.current?.click()}>
        {button}
      </Button>
    </div>
  );
}
