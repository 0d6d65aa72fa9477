// Takes dropped or chosen files and PUTs each to the assistant, one after another, with its progress.
// The file goes straight to /api: the page's socket never carries it, and the server enforces every limit.
export default {
  template: `
    <div>
      <div :class="['dropzone', { 'dropzone-over': over }]" @dragover.prevent="over = true" @dragleave="over = false"
           @drop.prevent="over = false; take($event.dataTransfer.files)">
        <slot></slot>
        <label class="button button-main dropzone-choose">
          <span>{{ words }}</span>
          <input ref="chooser" type="file" multiple class="visually-hidden"
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
  props: { shelf: String, door: { default: "/api/documents" }, words: { default: "Choose files" } },
  emits: ["arrived"],
  data() {
    return { over: false, sending: [], queue: Promise.resolve(), counter: 0 };
  },
  methods: {
    take(files) {
      for (const file of files) {
        this.sending.push({ key: this.counter++, name: file.name, fraction: 0, busy: true, words: "Waiting", problem: "" });
        const one = this.sending[this.sending.length - 1];
        const shelf = this.shelf;
        this.queue = this.queue.then(() => this.send(one, file, shelf));
      }
    },
    send(one, file, shelf) {
      return new Promise((done) => {
        const request = new XMLHttpRequest();
        const given = this.door === "/api/models" ? { name: this.spelled(file.name) } : { name: file.name, shelf };
        request.open("PUT", this.door + "?" + new URLSearchParams(given));
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.upload.onprogress = (event) => {
          one.fraction = event.lengthComputable ? event.loaded / event.total : 0;
          one.words = Math.round(one.fraction * 100) + " % sent";
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
