// Deletes one tag a line of standard input with the vendor's Go SDK, and writes what came of it, one JSON a line.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/invoker/retry"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	swr "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/swr/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/swr/v2/model"
)

type scenario struct {
	Endpoint, AccessKey, SecretKey, ProjectId, SecurityToken string
	Namespace, Repository, Tag                               string
	Retries, CallRetries, TimeoutSeconds                     int
}

type result struct {
	Exception string `json:"exception,omitempty"`
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	RequestId string `json:"requestId,omitempty"`
}

func call(s scenario) (*model.DeleteRepoTagResponse, error) {
	keys := basic.NewCredentialsBuilder().WithAk(s.AccessKey).WithSk(s.SecretKey)
	if s.ProjectId != "" {
		keys = keys.WithProjectId(s.ProjectId)
	}
	if s.SecurityToken != "" {
		keys = keys.WithSecurityToken(s.SecurityToken)
	}
	credentials, err := keys.SafeBuild()
	if err != nil {
		return nil, err
	}
	settings := config.DefaultHttpConfig()
	if s.TimeoutSeconds != 0 {
		settings = settings.WithTimeout(time.Duration(s.TimeoutSeconds) * time.Second)
	}
	if s.Retries != 0 {
		settings = settings.WithRetries(s.Retries)
	}
	http, err := swr.SwrClientBuilder().WithHttpConfig(settings).WithCredential(credentials).WithEndpoint(s.Endpoint).SafeBuild()
	if err != nil {
		return nil, err
	}
	client := swr.NewSwrClient(http)
	request := &model.DeleteRepoTagRequest{Namespace: s.Namespace, Repository: s.Repository, Tag: s.Tag}
	if s.CallRetries == 0 {
		return client.DeleteRepoTag(request)
	}
	invoker := client.DeleteRepoTagInvoker(request)
	invoker.WithRetry(s.CallRetries, func(_ interface{}, err error) bool { return err != nil }, &retry.None{})
	return invoker.Invoke()
}

func resultOf(s scenario) result {
	response, err := call(s)
	if err == nil {
		return result{Status: response.HttpStatusCode}
	}
	failed := result{Exception: strings.TrimPrefix(fmt.Sprintf("%T", err), "*"), Message: err.Error()}
	var answer *sdkerr.ServiceResponseError
	if errors.As(err, &answer) {
		failed.Status, failed.Code = answer.StatusCode, answer.ErrorCode
		failed.Message, failed.RequestId = answer.ErrorMessage, answer.RequestId
	}
	return failed
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var s scenario
		if err := in.Decode(&s); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		if err := out.Encode(resultOf(s)); err != nil {
			panic(err)
		}
	}
}
