// Takes dropped or chosen files and PUTs each to the assistant, one after another, with its progress.
// A folder is walked through, and its files keep their folders. Hidden files and litter in it are left out.
// The file goes straight to /api: the page's socket never carries it, and the server enforces every limit.
export default {
  template: `
    <div>
      <div :class="['dropzone', { 'dropzone-over': over }]" @dragover.prevent="over = true" @dragleave="over = false"
           @drop.prevent="over = false; drop($event.dataTransfer)">
        <slot></slot>
        <label class="button button-main dropzone-choose">
          <span>{{ words }}</span>
          <input ref="chooser" type="file" :multiple="door !== '/api/updates'" class="visually-hidden"
                 @change="take($event.target.files); $event.target.value = ''">
        </label>
      </div>
      <ul v-if="sending.length" class="plain-list sending" aria-live="polite">
        <li v-for="one in sending" :key="one.key" :class="['sent', one.problem ? 'sent-failed' : '']">
          <span class="sent-name">{{ one.name }}</span>
          <span class="sent-state">{{ one.problem || one.words }}</span>
          <progress v-if="one.busy" :value="one.fraction" max="1" :aria-label="'Sending ' + one.name"></progress>
          <button v-else type="button" class="button button-quiet" @click="forget(one)">Dismiss</button>
        </li>
      </ul>
    </div>`,
  props: { shelf: String, litter: Object, door: { default: "/api/documents" }, words: { default: "Choose files" } },
  emits: ["arrived"],
  data() {
    return { over: false, sending: [], queue: Promise.resolve(), counter: 0 };
  },
  methods: {
    take(files) {
      for (const file of files) this.wait(file, "", this.shelf);
    },
    async drop(transfer) {
      // What was dropped can be asked for only now, before anything else happens.
      const files = [...transfer.files], shelf = this.shelf;
      const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
      if (!entries.some((entry) => entry && entry.isDirectory)) return this.take(files);
      for (const entry of entries) if (entry) await this.walk(entry, "", shelf);
    },
    async walk(entry, folder, shelf) {
      const path = folder ? folder + "/" + entry.name : entry.name;
      try {
        if (entry.isFile) {
          if (!folder || !this.isLitter(entry.name, this.litter.files))
            this.wait(await new Promise((found, failed) => entry.file(found, failed)), folder, shelf);
        } else if (!folder || !this.isLitter(entry.name, this.litter.folders)) {
          const reader = entry.createReader();
          let some; // a reader tells of a hundred at a time
          do {
            some = await new Promise((found, failed) => reader.readEntries(found, failed));
            for (const one of some) await this.walk(one, path, shelf);
          } while (some.length);
        }
      } catch {
        const problem = "Your browser could not read this. Check that you may open it, and drop it again.";
        this.sending.push({ key: this.counter++, name: path, fraction: 0, busy: false, words: "", problem });
      }
    },
    isLitter(name, names) {
      const folded = name.toLowerCase();
      const begins = this.litter.beginnings.some((beginning) => folded.startsWith(beginning));
      return name.startsWith(".") || begins || names.includes(folded);
    },
    wait(file, folder, shelf) {
      const name = folder ? folder + "/" + file.name : file.name;
      this.sending.push({ key: this.counter++, name, fraction: 0, busy: true, words: "Waiting", problem: "" });
      const one = this.sending[this.sending.length - 1];
      this.queue = this.queue.then(() => this.send(one, file, folder, shelf));
    },
    send(one, file, folder, shelf) {
      return new Promise((done) => {
        const request = new XMLHttpRequest();
        request.open("PUT", this.door + this.given(file, folder, shelf));
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.upload.onprogress = (event) => {
          one.fraction = event.lengthComputable ? event.loaded / event.total : 0;
          one.words = Math.round(one.fraction * 100) + " % sent";
        };
        request.upload.onload = () => {
          if (this.door === "/api/updates") one.words = "Being checked";
        };
        request.onload = () => {
          one.busy = false;
          if (request.status === 401) window.location.assign("/login");
          else if (request.status >= 400) one.problem = this.sentence(request.responseText);
          else if (request.status === 200) one.words = "Already in your library";
          else this.forget(one);
          this.$emit("arrived");
          done();
        };
        request.onerror = () => {
          one.busy = false;
          one.problem = "The connection broke off. Check that the box is on, and send the file again.";
          done();
        };
        request.send(file);
      });
    },
    given(file, folder, shelf) {
      if (this.door === "/api/updates") return ""; // it says itself what it is
      if (this.door === "/api/models") return "?" + new URLSearchParams({ name: this.spelled(file.name) });
      return "?" + new URLSearchParams({ name: file.name, folder, shelf });
    },
    spelled(name) {
      const stem = name.toLowerCase().replace(/\.gguf$/, "").replace(/[^a-z0-9._-]+/g, "-");
      return stem.replace(/^[-._]+|[-._]+$/g, "") || "model";
    },
    sentence(answer) {
      try {
        return JSON.parse(answer).error.message;
      } catch {
        return "The box refused this file. Try again.";
      }
    },
    forget(one) {
      this.sending = this.sending.filter((other) => other.key !== one.key);
    },
  },
};
